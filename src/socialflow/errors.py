"""Every failure the service can name, as one tree with stable codes.

::

    SocialflowError
    ├── ConfigurationError      configuration_invalid     a setting is wrong; the start stops
    ├── InvalidInput            invalid_input             the caller sent something unusable; names the field
    │   ├── FutureEvent         event_in_future           an interaction is dated further ahead than clocks differ
    │   ├── TooLarge            input_too_large           more rows, bytes or pages than one call may carry
    │   ├── MediaUnreadable     media_unreadable          a picture, video or sound that cannot be decoded
    │   ├── RefusedAddress      address_refused           media is not fetched from there
    │   └── PolicyUnfit         policy_invalid            a policy with errors is not activated; `check` tells them
    ├── NotFound                not_found
    │   ├── UserNotFound        user_not_found
    │   ├── ItemNotFound        item_not_found
    │   ├── ChannelNotFound     channel_not_found
    │   ├── FeedRequestNotFound feed_request_not_found    no answer was recorded under this request_id
    │   ├── ModelNotFound       model_not_found           no such model, version or alias
    │   ├── JobNotFound         job_not_found             no job has this id
    │   ├── ScheduleNotFound    schedule_not_found        no schedule has this id
    │   ├── DecisionNotFound    decision_not_found        no decision has this id, or none was taken of this content
    │   └── PolicyNotFound      policy_not_found          a scope has no policy, or not this version of it
    ├── Erased                  erased                    this person asked to be forgotten; the id is closed
    ├── Conflict                conflict                  the stored state forbids this change
    │   ├── DecisionSuperseded  decision_superseded       the content was decided by somebody else meanwhile
    │   ├── DecidedByPerson     decided_by_person         a person decided on this very content; no machine overrules it
    │   ├── LeaseLost           lease_lost                what was held is held by nobody or by somebody else now
    │   └── PolicyGuarded       policy_guard              a draft would change more than its limits allow
    ├── AuthenticationRequired  authentication_required   no credentials
    ├── InvalidCredentials      invalid_credentials       a key that is wrong or revoked
    │   └── InvalidToken        invalid_token             a token that is damaged, expired or signed by another
    ├── PermissionDenied        permission_denied         known caller, not allowed
    ├── RateLimited             rate_limited              try again after `retry_after` seconds
    ├── Overloaded              overloaded                a bounded queue is full; try again
    ├── StoreUnavailable        store_unavailable         the database cannot be reached
    ├── TransportUnavailable    transport_unavailable     the broker cannot be reached; jobs wait in the store
    ├── SourceUnavailable       source_unavailable        the outside API cannot be read now
    │   └── SourceNotConfigured source_not_configured     no outside API is set up; names the settings
    ├── MediaUnavailable        media_unavailable         the server of some media did not give it
    ├── KeySetUnavailable       key_set_unavailable       the identity provider's keys cannot be fetched
    ├── ModelUnavailable        model_unavailable         no tier can answer; names the command that mends it
    ├── SealBroken              seal_broken               a stored decision is not as it was sealed
    └── ArtefactError           artefact_invalid          a stored model is damaged or not what its manifest says
        └── DigestMismatch      digest_mismatch

A code never changes its meaning; doors map classes to their own status (HTTP, gRPC, exit code).
"""

from typing import ClassVar


class SocialflowError(Exception):
    """Base of all named failures; `str(error)` is safe to show to the caller."""

    code: ClassVar[str] = "internal_error"

    def __init__(self, message: str, *, field: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.field = field


class ConfigurationError(SocialflowError):
    """A setting has a value that cannot be used; the message names it and shows a right one."""

    code = "configuration_invalid"


class InvalidInput(SocialflowError):
    """The caller sent something unusable; `field` says which part."""

    code = "invalid_input"


class FutureEvent(InvalidInput):
    """An event is dated further ahead than clocks may differ (five minutes)."""

    code = "event_in_future"


class TooLarge(InvalidInput):
    """More rows, bytes or pages than one call may carry."""

    code = "input_too_large"


class MediaUnreadable(InvalidInput):
    """A picture, video or sound is damaged, of a kind that is not read, or broke its decoder."""

    code = "media_unreadable"


class RefusedAddress(InvalidInput):
    """Media is not fetched from there: the URL, or one it redirects to, is not one of the public internet."""

    code = "address_refused"


class PolicyUnfit(InvalidInput):
    """A policy whose check found errors; the message has them."""

    code = "policy_invalid"


class NotFound(SocialflowError):
    """Nothing is stored under the given id."""

    code = "not_found"


class UserNotFound(NotFound):
    """No user has this id or username."""

    code = "user_not_found"


class ItemNotFound(NotFound):
    """No item has this id, or the caller may not see it."""

    code = "item_not_found"


class ChannelNotFound(NotFound):
    """No channel has this id."""

    code = "channel_not_found"


class FeedRequestNotFound(NotFound):
    """No answer was recorded under this request_id for this user."""

    code = "feed_request_not_found"


class ModelNotFound(NotFound):
    """No model, version or alias has this name."""

    code = "model_not_found"


class JobNotFound(NotFound):
    """No job has this id."""

    code = "job_not_found"


class ScheduleNotFound(NotFound):
    """No schedule has this id."""

    code = "schedule_not_found"


class DecisionNotFound(NotFound):
    """No decision has this id, or none was taken of this content."""

    code = "decision_not_found"


class PolicyNotFound(NotFound):
    """A scope has no policy in force, or not this version of it."""

    code = "policy_not_found"


class Erased(SocialflowError):
    """The person behind this id asked to be forgotten; the id is closed for good."""

    code = "erased"


class Conflict(SocialflowError):
    """The stored state forbids this change (a username taken, a version that exists)."""

    code = "conflict"


class DecisionSuperseded(Conflict):
    """The decision to be superseded is not the current one: the content was decided meanwhile."""

    code = "decision_superseded"


class DecidedByPerson(Conflict):
    """A person decided on this very content; the service's own verdict does not overrule theirs."""

    code = "decided_by_person"


class LeaseLost(Conflict):
    """A lease ran out, and what it held was given back or taken by somebody else; nothing was stored."""

    code = "lease_lost"


class PolicyGuarded(Conflict):
    """A draft would change more than the limits allow; the message says what. A reason confirms it all the same."""

    code = "policy_guard"


class AuthenticationRequired(SocialflowError):
    """The call carries no credentials."""

    code = "authentication_required"


class InvalidCredentials(SocialflowError):
    """The credentials are wrong or revoked."""

    code = "invalid_credentials"


class InvalidToken(InvalidCredentials):
    """The token is damaged, expired, lacks a claim or was signed by somebody else."""

    code = "invalid_token"


class PermissionDenied(SocialflowError):
    """The caller is known but may not do this."""

    code = "permission_denied"


class RateLimited(SocialflowError):
    """Too many calls; `retry_after` is in whole seconds."""

    code = "rate_limited"

    def __init__(self, message: str, *, retry_after: int) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Overloaded(SocialflowError):
    """A bounded queue is full; the call was not started and may be repeated."""

    code = "overloaded"


class StoreUnavailable(SocialflowError):
    """The database cannot be reached; nothing was stored by this call."""

    code = "store_unavailable"


class TransportUnavailable(SocialflowError):
    """The broker cannot be reached. Jobs stay in the store and are sent when it is back."""

    code = "transport_unavailable"


class SourceUnavailable(SocialflowError):
    """The outside API that collectors read cannot be read now, or answers what cannot be understood."""

    code = "source_unavailable"


class SourceNotConfigured(SourceUnavailable):
    """No outside API is set up; the message names the settings that are missing."""

    code = "source_not_configured"


class MediaUnavailable(SocialflowError):
    """The server of some media did not give it: no answer, a refusal, half of it, or too slowly."""

    code = "media_unavailable"


class KeySetUnavailable(SocialflowError):
    """The identity provider's key set cannot be fetched, so no token can be checked."""

    code = "key_set_unavailable"


class ModelUnavailable(SocialflowError):
    """No tier of this model can answer; the message carries the command that mends it."""

    code = "model_unavailable"


class SealBroken(SocialflowError):
    """A stored decision, or what records it, is not as it was sealed: somebody changed it behind the service."""

    code = "seal_broken"


class ArtefactError(SocialflowError):
    """A stored model is damaged, incomplete or of an unknown format."""

    code = "artefact_invalid"


class DigestMismatch(ArtefactError):
    """A file's SHA-256 is not the one its manifest names."""

    code = "digest_mismatch"
