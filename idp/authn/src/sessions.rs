//! Sessions of browsers: the one behind a cookie, and lists of them.

use std::time::{Duration, Instant};

use crypto::token_key;
use idp_directory::read_users::{find_by_id, resolve};
use platform_access::Caller;
use platform_pages::BrowserRequest;
use quick_cache::sync::Cache;

use crate::{
    Authn, Error,
    actions::SESSION_READ,
    model::{Session, SessionInfo},
    store,
};

/// The cookie that holds a session's token.
pub(crate) const SESSION_COOKIE: &str = "__Host-xinshu-session";

/// How often at most a session's last use is written.
const TOUCH: Duration = Duration::from_secs(60);
/// For how long another node's end of a session may go unnoticed here (rule 12).
const CACHED: Duration = Duration::from_millis(450);
const CACHE_ENTRIES: usize = 16_384;

/// Sessions that were lately found valid, with their users, by the key of their cookie.
#[derive(Debug)]
pub(crate) struct SessionCache(Cache<Vec<u8>, (Instant, Session)>);

impl SessionCache {
    pub(crate) fn new() -> Self {
        Self(Cache::new(CACHE_ENTRIES))
    }

    /// Access was ended or a user was changed by this node.
    pub(crate) fn clear(&self) {
        self.0.clear();
    }
}

/// The session of the browser that sent a request, if it is valid and its user is enabled.
///
/// # Errors
/// The store's.
pub async fn of_browser(authn: &Authn, browser: &BrowserRequest) -> Result<Option<Session>, Error> {
    match browser.cookie(SESSION_COOKIE) {
        Some(token) => find(authn, &token).await,
        None => Ok(None),
    }
}

async fn find(authn: &Authn, token: &str) -> Result<Option<Session>, Error> {
    let key = token_key(token);
    let cache = &authn.0.accounts.sessions;
    let read_at = Instant::now();
    let cached = cache
        .0
        .get(&key)
        .filter(|(since, _)| since.elapsed() < CACHED);
    let session = match cached {
        Some((_, session)) => session,
        None => match load(authn, key.clone()).await? {
            Some(session) => {
                cache.0.insert(key.clone(), (read_at, session.clone()));
                session
            }
            None => return Ok(None),
        },
    };
    let now = authn.now();
    if session.expires_at <= now || session.last_seen_at + authn.0.config.session_idle <= now {
        return Ok(None);
    }
    if session.last_seen_at + TOUCH < now {
        let id = session.id.clone();
        let store = &authn.0.store;
        store
            .transact(async move |tx| store::sessions::touch(tx, &id, now).await)
            .await
            .map_err(Error::Store)?;
        cache.0.remove(&key);
    }
    Ok(Some(session))
}

async fn load(authn: &Authn, key: Vec<u8>) -> Result<Option<Session>, Error> {
    let Some(stored) = store::sessions::by_token(&authn.0.store, key).await? else {
        return Ok(None);
    };
    let user = find_by_id(&authn.0.directory, &stored.user_id).await?;
    Ok(user
        .filter(|user| user.disabled_at.is_none())
        .map(|user| Session {
            id: stored.id,
            user,
            authentication: stored.authentication,
            last_seen_at: stored.last_seen_at,
            expires_at: stored.expires_at,
        }))
}

/// The sessions of the user who is signed in.
pub(crate) async fn list_own(authn: &Authn, session: &Session) -> Result<Vec<SessionInfo>, Error> {
    Ok(store::sessions::of_user(&authn.0.store, &session.user.id, authn.now()).await?)
}

/// The sessions of a user, the latest first.
///
/// # Errors
/// [`Error::Access`] without `idp.session.read`, [`Error::NoSuchUser`], and the store's.
pub async fn list_sessions(
    authn: &Authn,
    caller: &Caller,
    name: &str,
) -> Result<Vec<SessionInfo>, Error> {
    let named = resolve(&authn.0.directory, name).await?;
    let access = &authn.0.access;
    access
        .enforce(caller, SESSION_READ, &named.resource)
        .await?;
    let user = named.user()?;
    Ok(store::sessions::of_user(&authn.0.store, &user.id, authn.now()).await?)
}
