"""The role matrix, read from outside: what each kind of caller may do."""

import pytest
from pydantic import TypeAdapter, ValidationError

from socialflow.access.matrix import MATRIX, Action, allowed, authorise
from socialflow.access.records import Principal, Scope
from socialflow.errors import PermissionDenied
from socialflow.ids import ExternalId
from socialflow.kit.roles import Role

ME, OTHER = "me", "other"
PERSONAL = {
    Action.FEED_READ,
    Action.FEED_EXPLAIN,
    Action.SIMILAR_USERS_READ,
    Action.INTERACTION_WRITE,
    Action.ITEM_WRITE,
    Action.USER_WRITE,
    Action.USER_ERASE,
    Action.EDGES_READ,
    Action.EDGES_WRITE,
}
ADMINISTRATIVE = {
    Action.ITEM_TRUST,
    Action.STATS_WRITE,
    Action.USER_ROLE,
    Action.RECEIPT_READ,
    Action.VALUE_MODEL_READ,
    Action.VALUE_MODEL_WRITE,
    Action.RULES_READ,
    Action.RULES_WRITE,
}
PUBLIC = {
    Action.TRENDING_READ,
    Action.SIMILAR_READ,
    Action.ITEM_READ,
    Action.STATS_READ,
    Action.CHANNEL_READ,
}
PEOPLE = (Role.USER, Role.CREATOR, Role.MODERATOR)


def person(role: Role) -> Principal:
    return Principal(ME, role)


def test_every_action_has_exactly_one_line() -> None:
    assert set(MATRIX) == set(Action)


@pytest.mark.parametrize("action", sorted(set(Action) - {Action.APPEAL_WRITE}))
def test_an_administrator_may_do_everything_but_appeal_for_others(action: Action) -> None:
    assert allowed(person(Role.ADMIN), action, owner=OTHER)
    assert allowed(person(Role.ADMIN), action)


@pytest.mark.parametrize("role", PEOPLE)
class TestPeople:
    def test_personal_things_are_their_own_only(self, role: Role) -> None:
        for action in PERSONAL:
            assert allowed(person(role), action, owner=ME), action
            assert not allowed(person(role), action, owner=OTHER), action
            assert not allowed(person(role), action, owner=None), action

    def test_administration_is_closed_even_over_their_own(self, role: Role) -> None:
        for action in ADMINISTRATIVE:
            assert not allowed(person(role), action, owner=ME), action

    def test_public_things_are_open(self, role: Role) -> None:
        for action in PUBLIC:
            assert allowed(person(role), action, owner=OTHER), action


def test_creators_and_not_plain_users_keep_channels() -> None:
    assert not allowed(person(Role.USER), Action.CHANNEL_WRITE, owner=ME)
    assert allowed(person(Role.CREATOR), Action.CHANNEL_WRITE, owner=ME)
    assert not allowed(person(Role.CREATOR), Action.CHANNEL_WRITE, owner=OTHER)


def test_moderators_see_what_is_not_public_and_whose_it_is() -> None:
    for action in (Action.ITEM_READ_UNSEEN, Action.USER_READ):
        assert allowed(person(Role.MODERATOR), action, owner=OTHER)
        assert not allowed(person(Role.USER), action, owner=OTHER)


@pytest.mark.parametrize("action", Action)
class TestServices:
    def test_a_key_needs_the_scope_of_the_action(self, action: Action) -> None:
        for scope in Scope:
            expected = scope in {MATRIX[action].service, Scope.ADMIN}
            assert allowed(Principal("key", None, frozenset({scope})), action, owner=OTHER) is expected

    def test_a_key_without_scopes_may_do_nothing(self, action: Action) -> None:
        with pytest.raises(PermissionDenied, match="scope"):
            authorise(Principal("key", None), action)


def test_a_refusal_says_why() -> None:
    with pytest.raises(PermissionDenied, match="your own"):
        authorise(person(Role.USER), Action.FEED_READ, owner=OTHER)
    with pytest.raises(PermissionDenied, match="role user"):
        authorise(person(Role.USER), Action.VALUE_MODEL_WRITE)


def test_an_empty_owner_belongs_to_nobody() -> None:
    assert not allowed(Principal("", Role.USER), Action.FEED_READ, owner=None)


def test_a_key_is_nobody_s_namesake() -> None:
    """What a key did is never taken for what the user of the same name did, and no user can take a key's name."""
    key, user = Principal("k-1", None), Principal("k-1", Role.MODERATOR)
    assert user.account == "k-1" != key.account
    with pytest.raises(ValidationError):
        TypeAdapter(ExternalId).validate_python(key.account)
