"""Whether a mail server's refusal is for good, or about quantity and so for later.

An answer of 5xx means that a retry is useless, but providers send it for limits too: a number of mails
an hour or a day, a full mailbox, an account that looks unusual. The enhanced status code (RFC
3463) decides where it is clear, else the words do.
"""

from __future__ import annotations

import re

_STATUS = re.compile(r"(?<![0-9.])[45]\.([0-9]{1,3})\.([0-9]{1,3})(?![0-9.]*[0-9])")

# https://www.iana.org/assignments/smtp-enhanced-status-codes, and where providers use a code of their own:
# 4.5 Gmail's limit a day, 4.6 Zoho's unusual activity, 1.90 Microsoft's recipients a day.
_LATER_CODES = frozenset(
    {(1, 90), (2, 2), (3, 1), (3, 2), (4, 2), (4, 3), (4, 5), (4, 6), (4, 7), (7, 28), (2, 121), (2, 122)}
)
# Addresses that do not exist or have moved, sizes, content and form.
_FINAL_CODES = frozenset(
    {*((1, detail) for detail in (0, 1, 2, 3, 4, 6, 7, 8, 9, 10)), (2, 3), (3, 4), (4, 1), (4, 4)}
    | {*((6, detail) for detail in range(11))}
)
_LINK = re.compile(r"https?://\S+")
_SYNTAX = 501
_TOO_LARGE = 552


def _any_of(*words: str) -> re.Pattern[str]:
    return re.compile("|".join(words), re.IGNORECASE)


# Quantities in time: a number of mails or connections, or their frequency. NetEase's codes are listed in its
# help (see ``providers``), QQ's in https://service.mail.qq.com/detail/122/166 and /172 to /175; "denined" is
# its spelling.
_IN_TIME = _any_of(
    r"frequen(?!tly asked)|\brates?\b|\bratelimit|throttl|too (?:often|fast|quickly)|gr[ae]y-?list",
    r"\b(?:daily|hourly|weekly|monthly|today|tomorrow)\b|\b(?:per|a)[ -]?(?:day|hour|minute|second|month)\b",
    r"\b(?:an|in one) hour\b|\b[0-9]+[ -]?(?:h|hrs?|hours?|min|minutes?|days?)\b|messages? sent",
    r"mailbox unavailable or access den|connection denied|unusual|abnormal|suspicious (?:sending )?activit",
    r"\b(?:HL:I(?:CC|FC|TC|HU)|MI:(?:STC|SFQ|SFA|DMC|CCL|CEL)|RP:(?:TRC|CEL|DRC|CCL|QRC))\b",
    "频率|频繁|頻繁|频度|(?:每|当|今|单)(?:日|天|小时|分钟)|[0-9]+ ?(?:小时|分钟|天)",
    "短(?:时间|期)|并发|异常|頻度|1日|一日|時間あたり|하루|시간당|너무 자주",
    r"täglich|tageslimit|pro (?:tag|stunde)|stündlich|zu (?:viele|oft|schnell)",
    r"journali|par (?:jour|heure)|trop (?:de|souvent)|diari|diári|por (?:día|dia|hora)|demasiad|muit[ao]s",
    r"giornalier|al giorno|troppi|troppe|суточн|(?:в|за) (?:сутки|час|день)|слишком (?:много|часто)",
)
_VERDICT = _any_of(
    r"spam|\bSPM\b|unsolicited|junk|virus|malware|phish|black-?list|block-?list|\bRBL\b|\bDNSBL\b|bulk mail",
    "reputation|content (?:denied|rejected)|垃圾|病毒|黑名单|违规|敏感|спам|迷惑メール|스팸",
)
_UNKNOWN = _any_of(
    r"no such|\bunknown\b|not exist|n't exist|not found|invalid (?:recipient|mailbox|address|user)",
    "不存在|无效|未找到|存在しない|unbekannt|inconnu|desconocid|не существует",
)
_SIZE = _any_of(
    r"\bsize|mailsize|too (?:large|big|long)|\blength|\blines?\b|\bheaders?\b|attachment|\bhops?\b",
    r"message (?:file )?exceeds|[0-9] ?[KM]i?B\b|\b[KM]?bytes\b|大小|过大|太大|超大|附件|过长|サイズ|크기",
    "größe|zu groß|taille|volumineu|tamaño|tamanho|grande|dimension|размер|слишком больш",
)
_ROOM = _any_of(
    r"quota|storage|\b(?:mailbox|inbox|box|is|are|too) full\b|mailbox (?:has |is )?(?:exceeded|over)",
    "no space|空间不足|容量|已满|配额|kontingent|cuota|cota|квот|переполнен|postfach (?:ist )?voll",
    "boîte pleine|いっぱい|할당량",
)
_IN_NUMBER = _any_of(
    r"\blimit|too (?:many|much)|exceed|max(?:imum)? [a-z ]*(?:messages|recipients|mails|emails|number)",
    r"\b(?:try|retry|send|come back)\b[^.;]*\b(?:again|later)\b|\blater\b|temporar|congest|\bbusy\b",
    "overload|slow down|上限|限制|限额|限量|超出|超过|次数|太多|过多|稍后|稍候|重试|繁忙",
    "制限|しばらく|後で|한도|제한|초과|나중|다시 시도|limite|límite|überschritten|später",
    "plus tard|más tarde|mais tarde|più tardi|лимит|превыш|позже",
)


def is_final(code: int, text: str) -> bool:
    """Return whether a retry of the same mail is useless.

    Args:
        code: the answer's code.
        text: the rest of the answer.
    """
    if code < 500:
        return False
    if code == _SYNTAX:
        return True
    status = {(int(subject), int(detail)) for subject, detail in _STATUS.findall(text[:200])}
    if status & _FINAL_CODES:
        return True
    if status & _LATER_CODES:
        return False
    return _reads_final(code, _STATUS.sub(" ", _LINK.sub(" ", text)))


def _reads_final(code: int, text: str) -> bool:
    if _IN_TIME.search(text):
        return False
    if _VERDICT.search(text) or _UNKNOWN.search(text):
        return True
    if _ROOM.search(text):
        return False
    return code == _TOO_LARGE or bool(_SIZE.search(text)) or not _IN_NUMBER.search(text)
