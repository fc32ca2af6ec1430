"""The deeds on accounts: actor first, clock passed in, one transaction each."""

from carnet.national.accounts.actions.accounts import (
    create_account,
    represent,
    space_followed,
    spaces_to_follow,
)
from carnet.national.accounts.actions.activation import (
    ActivationProblem,
    ActivationRefused,
    Invited,
    LoginTaken,
    Wish,
    activate,
    ask_code,
    check_invitation,
    choose,
    invite,
    name_on_card,
    take_letters,
)
from carnet.national.accounts.actions.mandates import (
    MandateProblem,
    MandateRefused,
    accept_mandate,
    add_child,
    end_mandate,
    invite_carer,
)
from carnet.national.accounts.actions.notices import (
    mark_all_read,
    mark_read,
    notify,
    set_preferences,
    withhold,
)
from carnet.national.accounts.actions.own_account import (
    ask_email_change,
    ask_recovery,
    change_email,
    change_password,
    recover,
)
from carnet.national.accounts.actions.sessions import (
    AccountClosed,
    end_everywhere,
    end_own_session,
    end_session,
    open_session,
    prove_again,
)
from carnet.national.accounts.actions.signing_in import (
    Recognised,
    SignInRefused,
    check_own_password,
    confirm_code,
    send_code,
    sign_in,
)
from carnet.national.accounts.actions.space_status import (
    Opposition,
    OppositionRefused,
    close_space,
    oppose,
    reopen_space,
)
from carnet.national.accounts.attempts import TooManyAttempts
from carnet.national.accounts.cards import Card, CardMistyped
from carnet.national.accounts.codes import CodeRefused
from carnet.national.accounts.passwords import PasswordTooWeak

__all__ = [
    "AccountClosed",
    "ActivationProblem",
    "ActivationRefused",
    "Card",
    "CardMistyped",
    "CodeRefused",
    "Invited",
    "LoginTaken",
    "MandateProblem",
    "MandateRefused",
    "Opposition",
    "OppositionRefused",
    "PasswordTooWeak",
    "Recognised",
    "SignInRefused",
    "TooManyAttempts",
    "Wish",
    "accept_mandate",
    "activate",
    "add_child",
    "ask_code",
    "ask_email_change",
    "ask_recovery",
    "change_email",
    "change_password",
    "check_invitation",
    "check_own_password",
    "choose",
    "close_space",
    "confirm_code",
    "create_account",
    "end_everywhere",
    "end_mandate",
    "end_own_session",
    "end_session",
    "invite",
    "invite_carer",
    "mark_all_read",
    "mark_read",
    "name_on_card",
    "notify",
    "open_session",
    "oppose",
    "prove_again",
    "recover",
    "reopen_space",
    "represent",
    "send_code",
    "set_preferences",
    "sign_in",
    "space_followed",
    "spaces_to_follow",
    "take_letters",
    "withhold",
]
