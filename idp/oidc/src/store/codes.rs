//! `idp_code`.

use crypto::first_key_at;
use idp_authn::Authentication;
use jiff::Timestamp;
use oauth::CodeChallenge;
use platform_store::{AppendBatch, Row, Store, StoreError, Table, Tx, Value, params};

use crate::model::Code;

static CODES: Table = Table {
    name: "idp_code",
    columns: &[
        "code_key",
        "grant_id",
        "client_id",
        "user_id",
        "session_id",
        "redirect_uri",
        "scope",
        "resource",
        "nonce",
        "code_challenge",
        "auth_time",
        "methods",
        "acr",
        "expires_at",
    ],
    parent: Some(super::SESSION),
};

/// Adds a code to a batch of rows.
pub(crate) fn append(rows: &mut AppendBatch, code: Code) {
    rows.row(&CODES, row(code));
}

/// Adds a code to what a transaction appends.
pub(crate) fn append_in(tx: &mut Tx<'_>, code: Code) {
    tx.append(&CODES, row(code));
}

fn row(code: Code) -> Vec<Value> {
    let grant_id = code.grant_id();
    params![
        code.key,
        grant_id,
        code.client_id,
        code.user_id,
        code.session_id,
        code.redirect_uri,
        code.scope,
        code.resource,
        code.nonce,
        code.code_challenge.map(String::from),
        code.authentication.time,
        code.authentication.methods,
        code.authentication.acr,
        code.expires_at
    ]
}

/// A code, and whether it was redeemed.
pub(crate) async fn find(store: &Store, key: Vec<u8>) -> Result<Option<(Code, bool)>, StoreError> {
    store
        .fetch_optional(
            "SELECT c.code_key, c.client_id, c.user_id, c.session_id, c.redirect_uri, c.scope,
                    c.resource, c.nonce, c.code_challenge, c.auth_time, c.methods, c.acr,
                    c.expires_at, g.id AS redeemed_grant
             FROM idp_code c LEFT JOIN idp_grant g ON g.id = c.grant_id
             WHERE c.code_key = $1",
            params![key],
        )
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

/// Makes codes of a client that were not redeemed worthless: their grants are recorded as
/// revoked, so that a redemption which has already read its code conflicts with them. Codes
/// that were issued before `oldest` have expired.
pub(crate) async fn revoke_of_client(
    tx: &mut Tx<'_>,
    client_id: &str,
    oldest: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO idp_grant (id, client_id, user_id, session_id, scope, resource, auth_time,
                                methods, acr, offline, expires_at, revoked_at)
         SELECT grant_id, client_id, user_id, session_id, scope, resource, auth_time,
                methods, acr, 0, expires_at, $3
         FROM idp_code WHERE code_key >= $2 AND client_id = $1
         ON CONFLICT (id) DO NOTHING",
        params![client_id, first_key_at(oldest.as_millisecond()), now],
    )
    .await
    .map(|_| ())
}

/// As [`revoke_of_client`], for the codes that one user's browser received.
pub(crate) async fn revoke_of_application(
    tx: &mut Tx<'_>,
    user_id: &str,
    client_id: &str,
    oldest: Timestamp,
    now: Timestamp,
) -> Result<(), StoreError> {
    tx.execute(
        "INSERT INTO idp_grant (id, client_id, user_id, session_id, scope, resource, auth_time,
                                methods, acr, offline, expires_at, revoked_at)
         SELECT grant_id, client_id, user_id, session_id, scope, resource, auth_time,
                methods, acr, 0, expires_at, $3
         FROM idp_code WHERE code_key >= $2 AND client_id = $1 AND user_id = $4
         ON CONFLICT (id) DO NOTHING",
        params![
            client_id,
            first_key_at(oldest.as_millisecond()),
            now,
            user_id
        ],
    )
    .await
    .map(|_| ())
}

/// Deletes codes that were issued before `issued_before`, `most` of them.
pub(crate) async fn delete_old(
    tx: &mut Tx<'_>,
    issued_before: Timestamp,
    most: i64,
) -> Result<u64, StoreError> {
    tx.execute(
        "DELETE FROM idp_code WHERE code_key IN
             (SELECT code_key FROM idp_code WHERE code_key < $1 ORDER BY code_key LIMIT $2)",
        params![first_key_at(issued_before.as_millisecond()), most],
    )
    .await
}

fn read(row: &Row) -> Result<(Code, bool), StoreError> {
    let challenge: Option<String> = row.get("code_challenge")?;
    let redeemed: Option<String> = row.get("redeemed_grant")?;
    let code = Code {
        key: row.get("code_key")?,
        client_id: row.get("client_id")?,
        user_id: row.get("user_id")?,
        session_id: row.get("session_id")?,
        redirect_uri: row.get("redirect_uri")?,
        scope: row.get("scope")?,
        resource: row.get("resource")?,
        nonce: row.get("nonce")?,
        code_challenge: challenge
            .map(CodeChallenge::try_from)
            .transpose()
            .map_err(|error| StoreError::Unexpected(error.to_string()))?,
        authentication: Authentication::read(row)?,
        expires_at: row.time("expires_at")?,
    };
    Ok((code, redeemed.is_some()))
}
