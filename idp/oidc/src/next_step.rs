//! What an authorization request needs next: a sign-in, consent, or nothing more.

use std::time::Duration;

use idp_authn::{
    Session,
    model::{Interaction, Missing},
};
use jiff::Timestamp;
use oauth::{ErrorCode, Prompt};

use crate::validate_request::ValidRequest;

/// For how long a sign-in satisfies the `prompt=login` or `max_age` request that caused
/// it: the answer follows at once, unless the user is asked for consent.
const REAUTHENTICATED: Duration = Duration::from_secs(5 * 60);

/// What the interaction has achieved.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Progress<'a> {
    pub(crate) interaction: &'a Interaction,
    pub(crate) consented: bool,
}

/// What comes next.
#[derive(Debug)]
pub(crate) enum Step<'a> {
    Issue(&'a Session),
    Missing(Missing),
    Reject(ErrorCode, &'static str),
}

/// What follows from a request, the session of its browser, and the interaction that it led
/// to.
pub(crate) fn next_step<'a>(
    valid: &ValidRequest,
    session: Option<&'a Session>,
    progress: Option<Progress<'_>>,
    now: Timestamp,
) -> Step<'a> {
    let prompt = valid.request.prompt;
    if session.is_some_and(|session| is_another_user(valid, session, progress)) {
        let description = "another user is signed in than id_token_hint names";
        return Step::Reject(ErrorCode::LoginRequired, description);
    }
    let session = session.filter(|session| sign_in_suffices(valid, session, progress, now));
    let consented = progress.is_some_and(|progress| progress.consented);
    match (session, prompt) {
        (None, Prompt { none: true, .. }) => {
            Step::Reject(ErrorCode::LoginRequired, "nobody is signed in")
        }
        (None, _) => Step::Missing(Missing::SignIn),
        // A registered client has its administrator's consent; the user is asked if the
        // client wants it.
        (Some(_), Prompt { consent: true, .. }) if !consented => Step::Missing(Missing::Consent),
        (Some(session), _) => Step::Issue(session),
    }
}

/// Whether somebody else than the client expects is signed in, and has had their chance to
/// sign in as the other (OpenID Connect Core §3.1.2.1, `id_token_hint`).
fn is_another_user(
    valid: &ValidRequest,
    session: &Session,
    progress: Option<Progress<'_>>,
) -> bool {
    let signed_in_for_it = progress
        .is_some_and(|progress| progress.interaction.session_id.as_ref() == Some(&session.id));
    valid
        .expected_user
        .as_ref()
        .is_some_and(|expected| *expected != session.user.id)
        && (signed_in_for_it || !valid.request.prompt.login)
}

/// Whether the sign-in behind `session` is what the request asks for.
fn sign_in_suffices(
    valid: &ValidRequest,
    session: &Session,
    progress: Option<Progress<'_>>,
    now: Timestamp,
) -> bool {
    let expected = valid.expected_user.as_ref();
    if expected.is_some_and(|expected| *expected != session.user.id) {
        return false;
    }
    let auth_time = session.authentication.time;
    let reauthenticated = progress.is_some_and(|progress| {
        progress.interaction.session_id.as_ref() == Some(&session.id)
            && auth_time + REAUTHENTICATED > now
    });
    let too_old = valid
        .request
        .max_age
        .is_some_and(|seconds| auth_time + Duration::from_secs(seconds.into()) < now);
    reauthenticated || (!valid.request.prompt.login && !too_old)
}
