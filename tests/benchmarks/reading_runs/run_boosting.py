"""Trees: ``lightgbm``, ``lightgbm_cv``, ``xgboost``, ``xgboost_sklearn``, ``catboost``, ``catboost_auc``."""

import sys

from truth import data, note

VARIANT = sys.argv[1]
x, y = data()
train, val = (x[:300], y[:300]), (x[300:], y[300:])


def lightgbm():
    import lightgbm as lgb

    sets = [lgb.Dataset(*train), lgb.Dataset(*val)]

    def noter(env):
        for name, metric, value, *_ in env.evaluation_result_list:
            note(f"{name} {metric}", value, step=env.iteration + 1)

    options = {"objective": "binary", "metric": ["binary_logloss", "auc"], "num_leaves": 7}
    if VARIANT == "lightgbm_cv":

        def cv_noter(env):
            for name, metric, value, *_ in env.evaluation_result_list:
                note(f"{name} {metric}", value, step=env.iteration + 1, also=[metric, f"cv_agg {metric}"])

        lgb.cv(options, sets[0], 12, callbacks=[lgb.log_evaluation(2), cv_noter])
        return
    lgb.train(
        options,
        sets[0],
        12,
        valid_sets=sets,
        valid_names=["train", "valid"] if VARIANT == "lightgbm_named" else None,
        callbacks=[lgb.log_evaluation(1), noter, lgb.early_stopping(10)],
    )


def xgboost():
    import xgboost as xgb

    class Noter(xgb.callback.TrainingCallback):
        def after_iteration(self, model, epoch, evals_log):
            for name, metrics in evals_log.items():
                for metric, values in metrics.items():
                    note(f"{name}-{metric}", values[-1], step=epoch)
            return False

    if VARIANT == "xgboost_sklearn":
        model = xgb.XGBClassifier(n_estimators=10, eval_metric=["logloss", "error"], callbacks=[Noter()])
        model.fit(*train, eval_set=[train, val], verbose=True)
        return
    sets = [(xgb.DMatrix(*train), "train"), (xgb.DMatrix(*val), "eval")]
    options = {"objective": "binary:logistic", "eval_metric": ["auc", "logloss"]}
    xgb.train(options, sets[0][0], 20, sets, verbose_eval=4, early_stopping_rounds=9, callbacks=[Noter()])


def catboost():
    from catboost import CatBoostClassifier

    model = CatBoostClassifier(
        iterations=12,
        loss_function="Logloss",
        train_dir="out",
        eval_metric="AUC" if VARIANT == "catboost_auc" else None,
    )
    several = VARIANT == "catboost_two"
    model.fit(*train, eval_set=[val, (x[350:], y[350:])] if several else val, verbose=1)
    key = "AUC" if VARIANT == "catboost_auc" else "Logloss"
    lower = key == "Logloss"
    results = model.get_evals_result()
    bests = {}
    for step in range(12):
        for source, metrics in results.items():
            if key not in metrics:
                continue
            name = {"learn": "learn", "validation": "test", "validation_0": "test", "validation_1": "test1"}[
                source
            ]
            value = metrics[key][step]
            also = {"learn": ["train"], "test": ["val"], "test1": ["val1"]}[name]
            note(name, value, step=step, also=[*also, *(f"{each}_{key}" for each in (name, *also))])
            bests.setdefault(source, []).append(value)
            best = (min if lower else max)(bests[source])
            note("best", best, step=step, optional=True, also=["best_test", f"best_{key}", "bestTest"])
    note("best_test", model.get_best_score()[source][key], also=["best", "bestTest", f"best_{key}"])


{"l": lightgbm, "x": xgboost, "c": catboost}[VARIANT[0]]()
