//! `idp_client`.

use std::collections::BTreeSet;

use crypto::SignatureAlgorithm;
use jiff::Timestamp;
use oauth::{ClientAuthMethod, GrantType, loopback_origin, web_origin};
use platform_access::{Permissions, UnitId};
use platform_store::{Row, Store, StoreError, Tx, params};

use super::{json, unexpected};
use crate::{Client, ClientChange};

pub(crate) async fn by_id(store: &Store, id: &str) -> Result<Option<Client>, StoreError> {
    store
        .fetch_optional("SELECT * FROM idp_client WHERE id = $1", params![id])
        .await?
        .as_ref()
        .map(read)
        .transpose()
}

/// Clients in the order of their ids, after one of them.
pub(crate) async fn list(
    store: &Store,
    after: &str,
    limit: i64,
) -> Result<Vec<Client>, StoreError> {
    store
        .search(
            "SELECT * FROM idp_client WHERE id > $1 ORDER BY id LIMIT $2",
            params![after, limit],
        )
        .await?
        .iter()
        .map(read)
        .collect()
}

pub(crate) async fn insert(tx: &mut Tx<'_>, client: &Client) -> Result<(), StoreError> {
    let grant_types: Vec<_> = client
        .grant_types
        .iter()
        .map(|grant_type| grant_type.name())
        .collect();
    tx.execute(
        "INSERT INTO idp_client (id, name, auth_method, secret_hash, grant_types, redirect_uris,
             post_logout_redirect_uris, resources, permissions, unit_id, id_token_alg,
             claims_in_id_token, disabled_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
        params![
            &client.id,
            &client.name,
            client.auth.name(),
            client.secret_hash.clone(),
            json(&grant_types),
            json(&client.redirect_uris),
            json(&client.post_logout_redirect_uris),
            json(&client.resources),
            client.permissions.to_string(),
            client.unit.as_str(),
            client.id_token_alg.jose().unwrap_or_default(),
            i64::from(client.claims_in_id_token),
            client.disabled_at,
            client.created_at
        ],
    )
    .await?;
    set_origins(tx, &client.id, &client.redirect_uris).await
}

/// Writes what is to change about a client and leaves the rest; false if the client does not
/// exist.
pub(crate) async fn update(
    tx: &mut Tx<'_>,
    id: &str,
    change: &ClientChange,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let list = |list: &Option<Vec<String>>| list.as_ref().map(|list| json(list));
    tx.execute(
        "UPDATE idp_client SET name = COALESCE($2, name),
             redirect_uris = COALESCE($3, redirect_uris),
             post_logout_redirect_uris = COALESCE($4, post_logout_redirect_uris),
             resources = COALESCE($5, resources),
             claims_in_id_token = COALESCE($6, claims_in_id_token),
             disabled_at = CASE WHEN $7 = 0 THEN NULL
                                WHEN $7 = 1 THEN COALESCE(disabled_at, $8)
                                ELSE disabled_at END
         WHERE id = $1",
        params![
            id,
            change.name.clone(),
            list(&change.redirect_uris),
            list(&change.post_logout_redirect_uris),
            list(&change.resources),
            change.claims_in_id_token.map(i64::from),
            change.disabled.map_or(2, i64::from),
            now
        ],
    )
    .await
    .map(|changed| changed > 0)
}

/// Records the origins of a client's redirect URIs in the place of those before.
pub(crate) async fn set_origins(
    tx: &mut Tx<'_>,
    id: &str,
    redirect_uris: &[String],
) -> Result<(), StoreError> {
    tx.execute(
        "DELETE FROM idp_client_origin WHERE client_id = $1",
        params![id],
    )
    .await?;
    let origins: BTreeSet<String> = redirect_uris
        .iter()
        .filter_map(|uri| web_origin(uri))
        .flat_map(|origin| [loopback_origin(&origin), Some(origin)])
        .flatten()
        .collect();
    for origin in origins {
        tx.execute(
            "INSERT INTO idp_client_origin (origin, client_id) VALUES ($1, $2)",
            params![origin, id],
        )
        .await?;
    }
    Ok(())
}

/// Whether pages of `origin` are an enabled client's.
pub(crate) async fn is_origin(store: &Store, origin: &str) -> Result<bool, StoreError> {
    let without_port = loopback_origin(origin).unwrap_or_else(|| origin.to_owned());
    store
        .fetch_optional(
            "SELECT o.client_id FROM idp_client_origin o JOIN idp_client c ON c.id = o.client_id
             WHERE o.origin IN ($1, $2) AND c.disabled_at IS NULL LIMIT 1",
            params![origin, without_port],
        )
        .await
        .map(|row| row.is_some())
}

/// Gives a client another secret; false if there is no such confidential client.
pub(crate) async fn set_secret(
    tx: &mut Tx<'_>,
    id: &str,
    secret_hash: [u8; 32],
) -> Result<bool, StoreError> {
    tx.execute(
        "UPDATE idp_client SET secret_hash = $2 WHERE id = $1 AND secret_hash IS NOT NULL",
        params![id, secret_hash],
    )
    .await
    .map(|changed| changed > 0)
}

/// Deletes a client; false if the client does not exist.
pub(crate) async fn delete(tx: &mut Tx<'_>, id: &str) -> Result<bool, StoreError> {
    tx.execute(
        "DELETE FROM idp_client_origin WHERE client_id = $1",
        params![id],
    )
    .await?;
    tx.execute("DELETE FROM idp_client WHERE id = $1", params![id])
        .await
        .map(|changed| changed > 0)
}

fn read(row: &Row) -> Result<Client, StoreError> {
    let auth: String = row.get("auth_method")?;
    let alg: String = row.get("id_token_alg")?;
    Ok(Client {
        id: row.get("id")?,
        name: row.get("name")?,
        auth: ClientAuthMethod::from_name(&auth).ok_or_else(|| unexpected("auth_method", &auth))?,
        secret_hash: row.get("secret_hash")?,
        grant_types: super::list(row, "grant_types")?
            .iter()
            .map(|name| GrantType::from_name(name).ok_or_else(|| unexpected("grant type", name)))
            .collect::<Result<_, _>>()?,
        redirect_uris: super::list(row, "redirect_uris")?,
        post_logout_redirect_uris: super::list(row, "post_logout_redirect_uris")?,
        resources: super::list(row, "resources")?,
        permissions: Permissions::parse(&row.get::<String>("permissions")?),
        unit: UnitId::from(row.get::<String>("unit_id")?),
        id_token_alg: SignatureAlgorithm::from_jose(&alg)
            .ok_or_else(|| unexpected("id_token_alg", &alg))?,
        claims_in_id_token: row.get::<i64>("claims_in_id_token")? != 0,
        disabled_at: row.optional_time("disabled_at")?,
        created_at: row.time("created_at")?,
    })
}
