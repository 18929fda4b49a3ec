"""The report of a run: one HTML page made from the files in a run's folder.

`python -m noesis.report DIR` writes DIR/report.html, and `... NAME.h5` NAME.report.html. See `sections/` for what is on it.
"""

from noesis.report.page import make_report
from noesis.report.run import ReportError

__all__ = ["ReportError", "make_report"]
