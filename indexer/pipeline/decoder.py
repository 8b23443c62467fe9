"""The process that decodes for the pipeline: `python -m indexer.pipeline.decoder`, started and spoken to by `decoders`.

Its stdin is a socket: a task as JSON comes in; an answer as a line of JSON goes out, the pixels behind it if any.
Memory and time have limits that the system enforces; a picture it does not survive is its parent's to report.
"""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from indexer.answering import answer_with
from indexer.pipeline.picture import Made, Task, make
from scraper.errors import PictureError
from scraper.priority import step_back


def main(thumbnails: Path, max_pixels: int, seconds: float, memory: int) -> None:
    """Answer until the parent hangs up; `memory` is in bytes, `seconds` counts for each picture."""

    def reply(question: bytes) -> bytes:
        answer, made = _answer(task_from(question), thumbnails, max_pixels)
        # In one message, for each wakes the parent.
        return json.dumps(answer).encode() + b"\n" + (b"" if made.pixels is None else made.pixels.tobytes())

    step_back(0)
    answer_with(reply, seconds=seconds, memory=memory)


def _answer(task: Task, thumbnails: Path, max_pixels: int) -> tuple[dict[str, Any], Made]:
    nothing = Made()
    try:
        made = make(task, thumbnails, max_pixels)
        measures = made.measures.to_json() if made.measures else None
        return {"placeholder": made.placeholder, "measures": measures}, made
    except PictureError as problem:
        return {"problem": str(problem)}, nothing
    except OSError as error:
        return {"unwritable": error.filename or str(thumbnails), "reason": error.strerror or str(error)}, nothing
    except MemoryError:
        return {"problem": "decoding it needs more memory than is allowed"}, nothing
    except Exception as error:
        # An encoder's own error, say: the picture is listed with it, and the run goes on.
        return {"problem": f"{type(error).__name__}: {error}"}, nothing


def task_to(task: Task) -> bytes:
    """Return the task as it is sent."""
    return json.dumps(asdict(task)).encode()


def task_from(content: bytes) -> Task:
    """Return the task that was sent."""
    values = json.loads(content)
    return Task(**(values | {name: tuple(values[name]) for name in ("sizes", "crop")}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
