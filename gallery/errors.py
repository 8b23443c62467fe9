"""What can go wrong in the web site itself.

GalleryError
+-- CannotListen     the port is taken or the address is not ours    exit 2
+-- DrawingFailed    a process that draws for the demo died          exit 1
+-- DatabaseError                                                    (503 on the site)
|   +-- DatabaseUnavailable   cannot be reached, read or written     exit 6
|   +-- DatabaseOutdated      made by an older or newer gallery      exit 2
|   +-- DatabaseUnsupported   the address or its driver is no use    exit 2
+-- SigningInClosed  no key to sign sessions with                    exit 2, (503 on the site)
+-- CorrectionRefused   not a value this field of a work can have       exit 2
+-- TakedownSettled     somebody decided first                          exit 2
+-- DuplicateRefused    not what can be done with a pair of works now    exit 2
+-- HeldRefused         not what can be done with a held work now       exit 2
+-- UnknownTakedown     there is no such request                        exit 3
+-- UnknownArtist       no artist on file has this number               exit 3
+-- ClusteringBusy      a run is going on already                       exit 75
+-- WebBusy             pictures are being fetched from the web already  exit 75, (503 on the site)
+-- QueueUnavailable    the queue of jobs cannot be reached              exit 6
+-- WorkerNeedsServer   a worker of its own without a Qdrant server      exit 2
+-- StageFailed         a job cannot go on                               exit 1
+-- JobError                                                             (a sentence on the form)
|   +-- ArtistBusy       a job for this artist waits or goes on          exit 75
|   +-- TooManyJobs      the queue is full, or one asked too often       exit 75
|   +-- JobSettled       it has ended, or has not                        exit 2
|   +-- AskRefused       not what a job can be asked for                 exit 2
+-- ReportError                                                          (a sentence on the page)
|   +-- ReportDamaged      what is kept of a report cannot be read       exit 1
|   +-- ReportUnwritable   a report cannot be written to the disk        exit 1
|   +-- NoReport           none was made that could be shown             exit 3
+-- AccountError
    +-- NameRefused      not a name an account can have              exit 2
    +-- NameTaken        somebody has it already                     exit 2
    +-- UnknownUser      nobody has it                               exit 3
    +-- PasswordRefused  too short, too common, too close to a name  exit 2
    +-- WrongPassword    the name or the password is not right
    +-- TooManyAttempts  wait before trying to sign in again
"""

from pathlib import Path


class GalleryError(Exception):
    """Base of everything this package raises on purpose; `exit_code` is what the CLI ends with."""

    exit_code = 1


class CannotListen(GalleryError):
    """The site cannot be served at this address."""

    exit_code = 2

    def __init__(self, host: str, port: int, reason: str, remedy: str) -> None:
        self.host, self.port, self.reason, self.remedy = host, port, reason, remedy
        super().__init__(f"{host}:{port}: {reason}. {remedy}")


class DrawingFailed(GalleryError):
    """A process that draws the demo's pictures died over one of them."""

    def __init__(self, artist: str, title: str) -> None:
        self.artist, self.title = artist, title
        super().__init__(
            f"{artist}, {title!r}: the process drawing it died, perhaps for lack of memory. "
            "Run the same command again: it takes up where it stopped."
        )


class DuplicateRefused(GalleryError):
    """What was asked for cannot be done with these works now."""

    exit_code = 2


class HeldRefused(GalleryError):
    """What was asked for cannot be done with these held works now."""

    exit_code = 2


class FindingRefused(GalleryError):
    """What was asked for cannot be done about this finding now."""

    exit_code = 2


class DatabaseError(GalleryError):
    """Base of everything the database raises; `where` names it without its password."""


class DatabaseUnavailable(DatabaseError):
    """The database cannot be reached, read or written now."""

    exit_code = 6

    def __init__(self, where: str, reason: str) -> None:
        self.where, self.reason = where, reason
        super().__init__(f"{where}: {reason}. Check that the database runs, its folder can be written and has room.")


class DatabaseOutdated(DatabaseError):
    """The tables are not those this version works with; `found` is their revision, None if there are none."""

    exit_code = 2

    def __init__(self, where: str, found: str | None, wanted: str, remedy: str) -> None:
        self.where, self.found, self.wanted, self.remedy = where, found, wanted, remedy
        tables = f"its tables are of revision {found}" if found else "it has no tables yet"
        super().__init__(f"{where}: {tables}, this gallery works with {wanted}. {remedy}")


class DatabaseUnsupported(DatabaseError):
    """The address of the database cannot be used."""

    exit_code = 2

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem, self.remedy = problem, remedy
        super().__init__(f"GALLERY_DATABASE_URL: {problem}. {remedy}")


class SigningInClosed(GalleryError):
    """Nobody can sign in, because there is no key that sessions could be signed with."""

    exit_code = 2

    def __init__(self, path: Path, reason: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(
            f"{path}: {reason}. Nobody can sign in until GALLERY_SECRET_KEY is set or this file can be written."
        )


class CorrectionRefused(GalleryError):
    """A field of a work cannot have this value; the sentence may be shown to whoever typed it."""

    exit_code = 2

    def __init__(self, field: str, reason: str) -> None:
        self.field, self.reason = field, reason
        super().__init__(f"The {field} {reason}.")


class TakedownSettled(GalleryError):
    """A takedown was decided before; `state` is what was decided."""

    exit_code = 2

    def __init__(self, label: str, state: str) -> None:
        self.label, self.state = label, state
        super().__init__(f"The takedown of {label!r} is {state} already.")


class UnknownTakedown(GalleryError):
    """No request for a takedown has this number."""

    exit_code = 3

    def __init__(self) -> None:
        super().__init__("There is no such request for a takedown.")


class UnknownArtist(GalleryError):
    """No artist on file has this number."""

    exit_code = 3

    def __init__(self) -> None:
        super().__init__("There is no such artist on file.")


class AccountError(GalleryError):
    """Base of what can be wrong with an account; the sentence may be shown to whoever typed it."""

    exit_code = 2


class NameRefused(AccountError):
    """Not a name that an account can have."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"The name {reason}.")


class NameTaken(AccountError):
    """Another account has this name; case and width of letters make no difference."""

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"There is already an account called {name!r}.")


class UnknownUser(AccountError):
    """No account has this name."""

    exit_code = 3

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"There is no account called {name!r}. `gallery user list` shows all.")


class PasswordRefused(AccountError):
    """A password that would be guessed."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"The password {reason}.")


class WrongPassword(AccountError):
    """Signing in failed; the sentence is the same for every cause."""

    def __init__(self) -> None:
        super().__init__("The name or the password is not right.")


class TooManyAttempts(AccountError):
    """Too many attempts to sign in; `wait` is how many seconds until the next one is looked at."""

    def __init__(self, wait: int) -> None:
        self.wait = wait
        minutes = -(-wait // 60)
        super().__init__(f"Too many attempts. Try again in {minutes} minute{'s' if minutes > 1 else ''}.")


class WebBusy(GalleryError):
    """As many pictures as may be fetched from other sites at a time are being fetched."""

    exit_code = 75

    def __init__(self) -> None:
        super().__init__("several pictures are being fetched already. Try again in a few seconds.")


class ClusteringBusy(GalleryError):
    """A second run was asked for while one goes on."""

    exit_code = 75

    def __init__(self) -> None:
        super().__init__("a clustering run is going on already. Wait until it has finished, then ask again.")


class QueueUnavailable(GalleryError):
    """The queue that carries jobs to workers cannot be reached; the jobs themselves are safe in the database."""

    exit_code = 6

    def __init__(self, where: str, reason: str) -> None:
        self.where, self.reason = where, reason
        super().__init__(f"{where}: {reason}. Check that Redis runs and GALLERY_REDIS_URL is right. Jobs wait.")


class WorkerNeedsServer(GalleryError):
    """The embedded collection belongs to the process that serves it: a second one cannot fill it."""

    exit_code = 2

    def __init__(self) -> None:
        super().__init__(
            "a worker of its own needs a Qdrant server (GALLERY_QDRANT_URL). Without one, `gallery serve` works on the "
            "jobs itself, for only one process may hold the embedded collection."
        )


class ReportError(GalleryError):
    """Base of what keeps a report of the collection from being made or shown."""


class ReportDamaged(ReportError):
    """What is kept of a report cannot be read; the others are not touched by that."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(path, problem)
        self.path, self.problem = path, problem

    def __str__(self) -> str:
        return f"{self.path.name}: {self.problem}. It is left out: restore the file from a copy, or remove it."


class ReportUnwritable(ReportError):
    """A report cannot be written; those kept before are as they were."""

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(path, problem)
        self.path, self.problem = path, problem

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}. Make room or check the disk, then make the report again."


class NoReport(ReportError):
    """There is no report to show or to compare."""

    exit_code = 3


class StageFailed(GalleryError):
    """A stage of a job cannot be done; the sentence is what people read first of the job."""


class JobError(GalleryError):
    """Base of what speaks against a job; the sentence may be shown to whoever asked."""

    exit_code = 2


class ArtistBusy(JobError):
    """A job for this artist waits or goes on."""

    exit_code = 75

    def __init__(self, artist: str) -> None:
        self.artist = artist
        super().__init__(f"A job for {artist} is waiting or under way already. Wait until it has ended, or cancel it.")


class TooManyJobs(JobError):
    """The queue is full, or somebody has asked for too much in an hour."""

    exit_code = 75

    def __init__(self, problem: str, remedy: str) -> None:
        self.problem, self.remedy = problem, remedy
        super().__init__(f"{problem} {remedy}")


class JobSettled(JobError):
    """What was asked for does not go with the state a job is in."""

    def __init__(self, job_id: int, state: str) -> None:
        self.job_id, self.state = job_id, state
        super().__init__(f"Job {job_id} is {state}: that cannot be done now. Reload the page to see where it stands.")


class AskRefused(JobError):
    """A field of what is asked for cannot be as it is."""

    def __init__(self, field: str, reason: str) -> None:
        self.field, self.reason = field, reason
        super().__init__(f"{field} {reason}.")
