//! An identity provider on a database of its own.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    body::Body,
    extract::FromRequestParts as _,
    http::{Request, header},
};
use crypto::SignatureAlgorithm;
use idp_authn::{Accounts, Authn, PasswordPolicy, model::PasswordLink};
use idp_directory::{Directory, NewUser, UserChange, UserInfo};
use idp_oidc::{
    Client, ClientChange, ClientCredentials, Config, EndAccess, Error, NewClient, Oidc,
    signing_keys,
};
use platform_access::{Access, Actor, Caller};
use platform_pages::BrowserRequest;
use platform_runtime::{Clock as _, clock::ManualClock, jobs::Job};
use platform_store::{Store, StoreError, params};
use platform_web::RequestContextLayer;
use serde_json::Value as Json;
use testkit::Postgres;
use zeroize::Zeroizing;

use crate::{
    answer::{Answer, send},
    browser::{Browser, encode},
    key::{ES256_URI, MemoryKeys, RS256_URI},
};

pub const ISSUER: &str = "https://id.example";
pub const PASSWORD: &str = "correct horse battery staple";
pub const CALLBACK: &str = "https://portal.example/cb";

pub struct TestIdp {
    pub directory: Directory,
    pub authn: Authn,
    pub oidc: Oidc,
    pub keys: Arc<MemoryKeys>,
    pub store: Store,
    pub clock: Arc<ManualClock>,
    router: Router,
    api: Router,
    database: String,
    _folder: tempfile::TempDir,
}

#[derive(Clone, Copy)]
pub enum Database {
    Sqlite,
    Postgres,
}

impl TestIdp {
    /// A idp on SQLite.
    pub async fn new() -> Self {
        Self::on(Database::Sqlite).await
    }

    pub async fn on(database: Database) -> Self {
        Self::build(database, MemoryKeys::new()).await
    }

    pub async fn with_keys(keys: Arc<MemoryKeys>) -> Self {
        Self::build(Database::Sqlite, keys).await
    }

    pub async fn with_policy(policy: PasswordPolicy) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite:{}", folder.path().join("xinshu.db").display());
        let clock = Arc::new(ManualClock::new("2026-03-01T08:00:00Z".parse().unwrap()));
        Self::open_with(database, clock, MemoryKeys::new(), policy, folder).await
    }

    async fn build(database: Database, keys: Arc<MemoryKeys>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = match database {
            Database::Sqlite => format!("sqlite:{}", folder.path().join("xinshu.db").display()),
            Database::Postgres => Postgres::shared().database(),
        };
        let clock = Arc::new(ManualClock::new("2026-03-01T08:00:00Z".parse().unwrap()));
        Self::open(database, clock, keys, folder).await
    }

    /// Another node on the same database, with the same clock and keys.
    pub async fn second_node(&self) -> Self {
        self.node_with_keys(Arc::clone(&self.keys)).await
    }

    /// Another node on the same database, with the same clock and keys of its own.
    pub async fn node_with_keys(&self, keys: Arc<MemoryKeys>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = self.database.clone();
        Self::open(database, self.clock.clone(), keys, folder).await
    }

    async fn open(
        database: String,
        clock: Arc<ManualClock>,
        keys: Arc<MemoryKeys>,
        folder: tempfile::TempDir,
    ) -> Self {
        Self::open_with(database, clock, keys, PasswordPolicy::default(), folder).await
    }

    async fn open_with(
        database: String,
        clock: Arc<ManualClock>,
        keys: Arc<MemoryKeys>,
        policy: PasswordPolicy,
        folder: tempfile::TempDir,
    ) -> Self {
        let store = Store::open(&database, migrations::schema()).await.unwrap();
        let first = vec![
            (SignatureAlgorithm::EcdsaP256Sha256, ES256_URI.to_owned()),
            (SignatureAlgorithm::RsaPkcs1Sha256, RS256_URI.to_owned()),
        ];
        signing_keys::register(&store, &Caller::local("root"), clock.now(), first)
            .await
            .unwrap();
        let access = Access::by_permissions(store.clone(), clock.clone());
        let end_access = EndAccess::new();
        let hooks: Vec<Arc<dyn idp_authn::AccessHook>> = vec![Arc::new(end_access.clone())];
        let accounts = Arc::new(Accounts::new(store.clone(), 2, 64, policy, hooks).unwrap());
        let directory = Directory::new(
            store.clone(),
            clock.clone(),
            access.clone(),
            accounts.clone(),
        );
        let authn = Authn::new(
            idp_authn::Config {
                public_url: ISSUER.to_owned(),
                ..idp_authn::Config::default()
            },
            store.clone(),
            clock.clone(),
            access.clone(),
            directory.clone(),
            accounts,
        )
        .unwrap();
        let config = Config {
            issuer: ISSUER.to_owned(),
            ..Config::default()
        };
        let oidc = Oidc::open(
            config,
            store.clone(),
            clock.clone(),
            access,
            authn.clone(),
            keys.clone(),
            end_access,
        )
        .await
        .unwrap();
        let router = authn
            .routes()
            .merge(oidc.routes())
            .merge(platform_pages::assets::routes());
        let api = directory.api().merge(authn.api()).merge(oidc.api());
        let (api, _) = api.split_for_parts();
        Self {
            router: router.layer(RequestContextLayer),
            api: api.layer(RequestContextLayer),
            directory,
            authn,
            oidc,
            keys,
            store,
            clock,
            database,
            _folder: folder,
        }
    }

    pub fn openapi(&self) -> utoipa::openapi::OpenApi {
        let mut whole = Directory::openapi();
        whole.merge(Authn::openapi());
        whole.merge(Oidc::openapi());
        whole
    }

    pub fn is_postgres(&self) -> bool {
        !self.database.starts_with("sqlite:")
    }

    pub fn jobs(&self) -> Vec<Job> {
        [self.authn.jobs(), self.oidc.jobs()]
            .into_iter()
            .flatten()
            .collect()
    }

    pub fn admin(&self) -> Caller {
        Caller::local("root")
    }

    pub fn pass(&self, seconds: u64) {
        self.clock
            .set(self.clock.now() + Duration::from_secs(seconds));
    }

    pub async fn add_user(&self, name: &str) -> String {
        let new = NewUser {
            name: name.to_owned(),
            password: Some(Zeroizing::new(PASSWORD.to_owned())),
            display_name: Some("Alice Wang".to_owned()),
            email: Some("alice@example.org".to_owned()),
            email_verified: None,
            permissions: vec!["ca.certificate.*".to_owned()],
        };
        self.add(new).await.unwrap().id
    }

    pub async fn add(&self, new: NewUser) -> Result<UserInfo, idp_directory::Error> {
        idp_directory::add_user::add_user(&self.directory, &self.admin(), new).await
    }

    pub async fn change_user(
        &self,
        name: &str,
        change: UserChange,
    ) -> Result<UserInfo, idp_directory::Error> {
        let admin = self.admin();
        idp_directory::change_user::change_user(&self.directory, &admin, name, change).await
    }

    pub async fn password_link(&self, name: &str) -> Result<PasswordLink, idp_authn::Error> {
        idp_authn::password_link::make_password_link(&self.authn, &self.admin(), name).await
    }

    pub async fn set_password(
        &self,
        name: &str,
        password: Zeroizing<String>,
    ) -> Result<(), idp_authn::Error> {
        let admin = self.admin();
        idp_authn::set_password::set_password(&self.authn, &admin, name, password).await
    }

    pub async fn end_sessions(&self, name: &str) -> Result<u64, idp_authn::Error> {
        idp_authn::end_sessions::end_sessions(&self.authn, &self.admin(), name).await
    }

    /// The session that a browser's cookie stands for.
    pub async fn session(&self, browser: &Browser) -> Option<idp_authn::Session> {
        let cookie = browser.cookie("__Host-xinshu-session")?;
        let request = Request::get("/")
            .header(header::COOKIE, format!("__Host-xinshu-session={cookie}"))
            .body(())
            .unwrap();
        let (mut parts, ()) = request.into_parts();
        let Ok(request) = BrowserRequest::from_request_parts(&mut parts, &()).await;
        idp_authn::sessions::of_browser(&self.authn, &request)
            .await
            .unwrap()
    }

    pub async fn add_client(&self, new: NewClient) -> ClientCredentials {
        idp_oidc::add_client::add_client(&self.oidc, &self.admin(), new)
            .await
            .unwrap()
    }

    pub async fn show_client(&self, id: &str) -> Client {
        idp_oidc::read_clients::show_client(&self.oidc, &self.admin(), id)
            .await
            .unwrap()
    }

    pub async fn set_client_disabled(&self, id: &str, disabled: bool) -> Result<(), Error> {
        let change = ClientChange {
            disabled: Some(disabled),
            ..ClientChange::default()
        };
        self.change_client(id, change).await
    }

    pub async fn change_client(&self, id: &str, change: ClientChange) -> Result<(), Error> {
        idp_oidc::change_client::change_client(&self.oidc, &self.admin(), id, change).await
    }

    pub async fn renew_client_secret(&self, id: &str) -> Result<ClientCredentials, Error> {
        idp_oidc::renew_client_secret::renew_client_secret(&self.oidc, &self.admin(), id).await
    }

    pub async fn authenticate_bearer(&self, token: &str) -> Result<Actor, Error> {
        idp_oidc::authenticate_bearer::authenticate_bearer(&self.oidc, token).await
    }

    pub async fn portal(&self) -> ClientCredentials {
        self.add_client(portal()).await
    }

    pub fn router(&self) -> Router {
        self.router.clone()
    }

    pub fn browser(&self) -> Browser {
        Browser::new(self.router())
    }

    /// A request of a program: no cookies, client credentials in the header.
    pub async fn call(
        &self,
        path: &str,
        credentials: Option<&ClientCredentials>,
        form: &[(&str, &str)],
    ) -> Answer {
        let mut request =
            Request::post(path).header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
        if let Some(credentials) = credentials {
            request = request.header(header::AUTHORIZATION, basic(credentials));
        }
        send(
            &self.router,
            request.body(Body::from(encode(form))).unwrap(),
        )
        .await
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        send(&self.router, request).await
    }

    pub async fn api(&self, mut request: Request<Body>, caller: Option<Caller>) -> Answer {
        if let Some(caller) = caller {
            request.extensions_mut().insert(caller);
        }
        send(&self.api, request).await
    }

    /// What a query returns, as text.
    pub async fn dump(&self, sql: &'static str) -> String {
        format!("{:?}", self.store.fetch_all(sql, vec![]).await.unwrap())
    }

    /// Replaces a user's password by one that 0.1.0 hashed as it was typed.
    pub async fn set_password_of_0_1_0(&self, user_id: &str, typed: &str) {
        use argon2::{Argon2, PasswordHasher as _, password_hash::SaltString};
        let salt = SaltString::encode_b64(b"sixteen bytes...").unwrap();
        let hash = Argon2::default()
            .hash_password(typed.as_bytes(), &salt)
            .unwrap()
            .to_string();
        let user_id = user_id.to_owned();
        let changed: Result<u64, StoreError> = self
            .store
            .transact(async move |tx| {
                tx.execute(
                    "UPDATE idp_credential SET secret = $2, form = 1 WHERE user_id = $1",
                    params![user_id.as_str(), hash.as_str()],
                )
                .await
            })
            .await;
        assert_eq!(changed.unwrap(), 1);
    }

    /// The stored hash of a user's password, and how the password was prepared.
    pub async fn stored_password(&self, user_id: &str) -> (String, i64) {
        let row = self
            .store
            .fetch_optional(
                "SELECT secret, form FROM idp_credential WHERE user_id = $1",
                params![user_id],
            )
            .await
            .unwrap()
            .unwrap();
        (row.get("secret").unwrap(), row.get("form").unwrap())
    }

    /// Every audit entry's action and outcome, the oldest first.
    pub async fn audit(&self) -> Vec<(String, String)> {
        let rows = self
            .store
            .fetch_all("SELECT action, body FROM audit_entry ORDER BY id", vec![])
            .await
            .unwrap();
        rows.iter()
            .map(|row| {
                let body: Json = serde_json::from_str(&row.get::<String>("body").unwrap()).unwrap();
                (
                    row.get("action").unwrap(),
                    body["outcome"].as_str().unwrap().to_owned(),
                )
            })
            .collect()
    }

    pub async fn count(&self, action: &str, outcome: &str) -> usize {
        let entries = self.audit().await;
        entries
            .iter()
            .filter(|(a, o)| a == action && o == outcome)
            .count()
    }
}

pub fn portal() -> NewClient {
    NewClient {
        name: "Portal".to_owned(),
        redirect_uris: vec![CALLBACK.to_owned()],
        post_logout_redirect_uris: vec!["https://portal.example/bye".to_owned()],
        ..NewClient::default()
    }
}

pub fn basic(credentials: &ClientCredentials) -> String {
    use base64::{Engine as _, engine::general_purpose::STANDARD};
    let secret = credentials.client_secret.as_deref().unwrap();
    format!(
        "Basic {}",
        STANDARD.encode(format!("{}:{secret}", credentials.client_id))
    )
}
