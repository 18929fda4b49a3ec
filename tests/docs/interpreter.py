"""Runs blocks of Python one after the other in one namespace: a line of JSON in, a line of JSON out."""

import json
import sys
import traceback

namespace = {"__name__": "__main__"}
answers, sys.stdout = sys.stdout, sys.stderr
for request in sys.stdin:
    block = json.loads(request)
    try:
        exec(compile(block["text"], block["name"], "exec"), namespace)  # noqa: S102
        answer = None
    except BaseException:  # noqa: BLE001: also sys.exit()
        answer = traceback.format_exc()
    print(json.dumps(answer), file=answers, flush=True)
