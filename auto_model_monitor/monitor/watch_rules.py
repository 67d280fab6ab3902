"""The rules of a configuration: its threshold and those that were given, each once."""

from __future__ import annotations

from collections.abc import Sequence

from ..core.comparison import Comparison, usual_direction
from ..core.contracts import listed, require_all
from ..core.errors import ConfigError
from ..core.paths import expanded
from ..parsers import BaseParser, DefaultParser
from ..rules import DampedRule, MetricRule, Rule, ThresholdRule
from .config.monitor_config import MonitorConfig

_SUCH_RULES = "['nan', 'stalled 3x']"
_OUR_RULES = "auto_model_monitor.rules."


def rules_of(config: MonitorConfig, given: Sequence[Rule | str] | None) -> list[Rule]:
    """Return the threshold's rule, if there is one, and the given rules, each once.

    The same rule given twice is one rule, and a rule that equals the threshold stands for both.

    Args:
        config: the threshold, the direction and the directory.
        given: rules, or texts such as ``"nan"``.

    Raises:
        ConfigError: there is neither a threshold nor a rule, or a rule is none.
    """
    if given is None and config.threshold is None:
        raise ConfigError("threshold: expected a finite number, such as 0.004, or rules, got neither")
    listed("rules", given or (), _SUCH_RULES)
    rules = _unique([_parsed(rule, config) if isinstance(rule, str) else rule for rule in given or ()])
    require_all("rules", rules, Rule, _SUCH_RULES)
    if config.threshold is None:
        return rules
    direction = direction_of(config, rules)
    threshold = ThresholdRule(config.threshold, direction)
    if any(equals_threshold(rule, threshold) for rule in rules):
        return rules
    if any(rule.name == threshold.name for rule in rules):  # after a restart, each resumes by its name
        threshold.name = f"threshold {threshold.comparison.value} {threshold.threshold:g}"
    return [threshold, *rules]


def direction_of(config: MonitorConfig, rules: Sequence[Rule]) -> Comparison | None:
    """Return the chosen direction, else that of the rule about the score, else the usual one of its metric.

    Returns:
        None where the first score has to show its metric.
    """
    if config.comparison is not None:
        return config.comparison
    metric = parser_of(config, rules).metric
    comparing = [rule for rule in rules if isinstance(rule, ThresholdRule)]
    for rule in comparing:
        if rule.metric in (None, metric) or rule.threshold == config.threshold:
            return rule.comparison
    return usual_direction(metric or "")


def parser_of(config: MonitorConfig, rules: Sequence[Rule]) -> BaseParser:
    """Return the configured parser; the default one reads the metric that the first rule names.

    Beside a threshold of its own, which is about the score of the names, a rule changes nothing.
    """
    parser = config.parser
    assert parser is not None  # MonitorConfig fills it in
    if type(parser) is not DefaultParser or parser.metric is not None:
        return parser
    named = [rule.metric for rule in rules if isinstance(rule, MetricRule) and rule.metric]
    if config.threshold is not None:
        named = [r.metric for r in rules if isinstance(r, ThresholdRule) and r.metric and _is_at(r, config)]
    return DefaultParser(named[0]) if named else parser


def wanted_metrics(config: MonitorConfig, rules: Sequence[Rule]) -> list[str] | None:
    """Return the metrics that files beside the checkpoints must hold to be read instead of the names.

    Returns:
        None where the files cannot replace the names, because a threshold is about a score without a name, or
        because a parser was chosen for the names; nothing where any metric will do.
    """
    parser = parser_of(config, rules)
    if type(parser) is not DefaultParser:
        return None
    if not parser.metric and any(isinstance(rule, ThresholdRule) and not rule.metric for rule in rules):
        return None
    named = [rule.metric for rule in rules if isinstance(rule, MetricRule) and rule.metric]
    return list(dict.fromkeys([*([parser.metric] if parser.metric else []), *named]))


def _is_at(rule: ThresholdRule, config: MonitorConfig) -> bool:
    return rule.threshold == config.threshold and config.comparison in (None, rule.comparison)


def _parsed(text: str, config: MonitorConfig) -> Rule:
    from ..rules import parse_rule  # it imports every rule

    directory = expanded(config.watch_dir).absolute()
    return parse_rule(text, path=str(directory), comparison=config.comparison)


def _unique(rules: Sequence[Rule]) -> list[Rule]:
    unique: list[tuple[Rule, dict[str, object]]] = []
    for rule in rules:
        settings = _settings(rule)
        if not any(rule is other or settings == others for other, others in unique):
            unique.append((rule, settings))
    return [rule for rule, _ in unique]


def equals_threshold(rule: Rule, threshold: ThresholdRule) -> bool:
    """Return whether a rule alerts wherever a threshold does, which may name no metric.

    A rule in which the threshold itself counts, such as ``acc >= 0.9``, includes those beyond it.
    """
    if not isinstance(rule, ThresholdRule):
        return False
    mine, other = _settings(rule), _settings(threshold)
    metric = mine["metric"] if threshold.metric is None else threshold.metric
    return mine | {"inclusive": False} == other | {"metric": metric}


def _settings(rule: Rule) -> dict[str, object]:
    """Return what a rule of this package was made with; an object of another class equals itself alone."""
    if not type(rule).__module__.startswith(_OUR_RULES):
        return {"": id(rule)}
    public = {name: value for name, value in vars(rule).items() if name[0] != "_" and name != "name"}
    if isinstance(rule, DampedRule):
        public["rule"] = _settings(rule.rule)
    return {"": type(rule).__qualname__, **public}
