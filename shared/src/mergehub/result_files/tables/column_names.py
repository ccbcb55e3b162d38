"""What the columns of leaderboards are called, by the letters and digits of their names."""

from __future__ import annotations

import re

MODEL = (
    "fullname", "modelnameforquery", "modelid", "modelname", "modelnameorpath", "repoid", "repo",
    "modelpath",
    "modelurl", "model", "models", "name", "llm", "checkpoint", "system",
)  # fmt: skip
ABOUT = {
    "revision": ("modelsha", "sha", "revision", "modelrevision", "commit", "commitsha"),
    "precision": ("precision", "dtype", "torchdtype", "quantization", "quantisation"),
    "architecture": ("architecture", "arch", "architectures"),
    "licence": ("hublicense", "license", "licence", "hublicence", "modellicense"),
    "base": ("basemodel", "base", "basemodels"),
    "date": (
        "evaluationdate", "evaluatedon", "submissiondate", "submittedtime", "date", "evaldate",
        "submitted", "timestamp",
    ),
    "chat_template": ("chattemplate", "usechattemplate", "applychattemplate"),
    "type": ("type", "modeltype", "kind", "category"),
    "tags": ("tags", "tag", "hubtags"),
}  # fmt: skip
MERGED = {"merged": False, "merge": False, "ismerge": False, "ismerged": False,
          "moerge": False, "mergemoerge": False, "notmerged": True, "nomerge": True}  # fmt: skip
"""Columns that say whether a model is a merge, and whether they say the opposite."""
FLAGS = {
    "flagged": ("flagged", False), "flag": ("flagged", False),
    "contaminated": ("contaminated", False), "contamination": ("contaminated", False),
    "availableonthehub": ("unavailable", True), "availableonhub": ("unavailable", True),
    "stillonhub": ("unavailable", True), "onhub": ("unavailable", True),
    "deleted": ("unavailable", False), "notflagged": ("flagged", True),
}  # fmt: skip
SIZES = {
    "paramsb": "billions", "paramsbillions": "billions", "parametersb": "billions",
    "params": "billions", "numparamsb": "billions", "sizeb": "billions", "size": "billions",
    "modelsize": "billions", "paramsm": "millions", "parametersm": "millions",
    "parameters": "ones", "numparameters": "ones", "nparameters": "ones",
}  # fmt: skip
NO_SCORES = re.compile(
    r"\b(likes?|downloads?|costs?|prices?|rank(ing)?|param(eter)?s|sizes?|dates?|votes?|context|"
    r"licen[cs]e|years?|kg|gb|tokens|count|number of)\b",
    re.IGNORECASE,
)
"""Words of columns that hold numbers and no scores, unless they are a known benchmark's."""
ERRORS = re.compile(
    r"(?P<of>.+?)[\s_.-]*(?:std\.?[\s_-]*err(?:or)?|standard error|±)", re.IGNORECASE
)
"""Columns with the standard errors of another."""
NO_BENCHMARKS = frozenset({
    "t", "rank", "hub", "hublikes", "likes", "downloads", "co2costkg", "co2cost", "generation",
    "moe", "officialproviders", "maintainershighlight", "weighttype", "uploadtohubdate", "evalname",
    "evalid", "id", "index", "unnamed0", "notes", "comment", "link", "url", "organization",
    "developer", "author", "year", "month", "context", "contextlength", "votes", "seed", "n",
    "numberofmodels", "uploaddate", "createdat", "releasedate", "basemodelfamily", "family",
    "co2costkgs", "lastmodified", "status", "jobid", "private", "cost", "price", "rowid", "",
})  # fmt: skip
