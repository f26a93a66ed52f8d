//! `idp_code`.

use jiff::Timestamp;
use platform::{
    Store, StoreError, params,
    store::{Row, Table, Tx, Value},
};

/// Codes are appended: nobody else can have written the same 256 random bits.
pub(crate) static CODES: Table = Table {
    name: "idp_code",
    columns: &[
        "code_hash",
        "family_id",
        "client_id",
        "user_id",
        "session_id",
        "redirect_uri",
        "scope",
        "resource",
        "nonce",
        "code_challenge",
        "auth_time",
        "expires_at",
    ],
    parent: None,
};

/// An authorization code as it is stored.
#[derive(Clone, Debug)]
pub(crate) struct Code {
    pub(crate) code_hash: Vec<u8>,
    pub(crate) family_id: String,
    pub(crate) client_id: String,
    pub(crate) user_id: String,
    pub(crate) session_id: String,
    pub(crate) redirect_uri: String,
    pub(crate) scope: String,
    pub(crate) resource: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) code_challenge: Option<String>,
    pub(crate) auth_time: Timestamp,
    pub(crate) expires_at: Timestamp,
    pub(crate) redeemed: bool,
}

/// A row of [`CODES`].
pub(crate) fn row(code: Code) -> Vec<Value> {
    params![
        code.code_hash,
        code.family_id,
        code.client_id,
        code.user_id,
        code.session_id,
        code.redirect_uri,
        code.scope,
        code.resource,
        code.nonce,
        code.code_challenge,
        code.auth_time,
        code.expires_at
    ]
}

/// A code, redeemed or not.
pub(crate) async fn find(store: &Store, code_hash: [u8; 32]) -> Result<Option<Code>, StoreError> {
    store
        .fetch_optional(
            "SELECT * FROM idp_code WHERE code_hash = $1",
            params![code_hash],
        )
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

/// Uses a code up; false where it was used before, by any node.
pub(crate) async fn redeem(
    tx: &mut Tx<'_>,
    code_hash: &[u8],
    now: Timestamp,
) -> Result<bool, StoreError> {
    tx.execute(
        "UPDATE idp_code SET redeemed_at = $2 WHERE code_hash = $1 AND redeemed_at IS NULL",
        params![code_hash, now],
    )
    .await
    .map(|changed| changed > 0)
}

pub(crate) async fn delete_of_user(tx: &mut Tx<'_>, user_id: &str) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM idp_code WHERE user_id = $1 AND redeemed_at IS NULL",
        params![user_id],
    )
    .await
    .map(|_| ())
}

pub(crate) async fn delete_expired(
    tx: &mut Tx<'_>,
    before: Timestamp,
    most: i64,
) -> Result<u64, StoreError> {
    tx.execute(
        "DELETE FROM idp_code WHERE code_hash IN
             (SELECT code_hash FROM idp_code WHERE expires_at <= $1 LIMIT $2)",
        params![before, most],
    )
    .await
}

fn read(row: &Row) -> Result<Code, StoreError> {
    Ok(Code {
        code_hash: row.get("code_hash")?,
        family_id: row.get("family_id")?,
        client_id: row.get("client_id")?,
        user_id: row.get("user_id")?,
        session_id: row.get("session_id")?,
        redirect_uri: row.get("redirect_uri")?,
        scope: row.get("scope")?,
        resource: row.get("resource")?,
        nonce: row.get("nonce")?,
        code_challenge: row.get("code_challenge")?,
        auth_time: row.time("auth_time")?,
        expires_at: row.time("expires_at")?,
        redeemed: row.optional_time("redeemed_at")?.is_some(),
    })
}
