//! The keys that sign tokens, and JSON Web Signatures made and checked with them.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use crypto::{KeyAlgorithm, PublicKey, SignatureAlgorithm, ecdsa_der_to_raw, ecdsa_raw_to_der};
use hsm_adapters::Key;
use jose::Jwk;
use serde::{Deserialize, Serialize, de::DeserializeOwned};

use crate::{Error, model::IdTokenAlg};

const P256_BYTES: usize = 32;
/// The longest token anyone needs to show us.
const MAX_TOKEN: usize = 8192;

/// The keys an identity provider signs with.
#[derive(Clone, Debug)]
pub struct SigningKeys {
    /// ECDSA on P-256: access tokens, and ID tokens of clients that ask for ES256.
    pub es256: Arc<dyn Key>,
    /// RSA: all other ID tokens.
    pub rs256: Arc<dyn Key>,
}

/// What a token is (RFC 8725 §3.11: one kind is never taken for another).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenType {
    Id,
    /// RFC 9068 §2.1.
    Access,
}

/// Both keys with everything about them that never changes.
#[derive(Debug)]
pub(crate) struct Signer {
    es256: Prepared,
    rs256: Prepared,
}

#[derive(Debug)]
struct Prepared {
    key: Arc<dyn Key>,
    public_key: PublicKey,
    algorithm: SignatureAlgorithm,
    alg: &'static str,
    kid: String,
    jwk: Jwk,
    /// Encoded JOSE headers with the dot after them.
    id_header: String,
    access_header: String,
}

#[derive(Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    typ: Option<String>,
    #[serde(default)]
    kid: Option<String>,
    #[serde(default)]
    crit: Option<serde_json::Value>,
}

impl Signer {
    pub(crate) fn new(keys: SigningKeys) -> Result<Self, Error> {
        if keys.es256.algorithm() != KeyAlgorithm::P256 {
            return Err(Error::Config(format!(
                "{} is not a P-256 key, which ES256 needs",
                keys.es256.uri()
            )));
        }
        if !keys.rs256.algorithm().is_rsa() {
            return Err(Error::Config(format!(
                "{} is not an RSA key, which RS256 needs",
                keys.rs256.uri()
            )));
        }
        Ok(Self {
            es256: Prepared::new(keys.es256, SignatureAlgorithm::EcdsaP256Sha256, "ES256")?,
            rs256: Prepared::new(keys.rs256, SignatureAlgorithm::RsaPkcs1Sha256, "RS256")?,
        })
    }

    /// The JWK Set (RFC 7517 §5).
    pub(crate) fn jwks(&self) -> serde_json::Value {
        let keys: Vec<_> = [&self.rs256, &self.es256]
            .into_iter()
            .map(|prepared| {
                let mut jwk: serde_json::Map<_, _> = prepared
                    .jwk
                    .members()
                    .iter()
                    .map(|(name, value)| ((*name).to_owned(), value.as_str().into()))
                    .collect();
                jwk.insert("use".into(), "sig".into());
                jwk.insert("alg".into(), prepared.alg.into());
                jwk.insert("kid".into(), prepared.kid.as_str().into());
                serde_json::Value::Object(jwk)
            })
            .collect();
        serde_json::json!({ "keys": keys })
    }

    /// An access token, always ES256.
    pub(crate) async fn sign_access(&self, claims: &impl Serialize) -> Result<String, Error> {
        self.es256.sign(TokenType::Access, claims).await
    }

    pub(crate) async fn sign_id(
        &self,
        alg: IdTokenAlg,
        claims: &impl Serialize,
    ) -> Result<String, Error> {
        let prepared = match alg {
            IdTokenAlg::Rs256 => &self.rs256,
            IdTokenAlg::Es256 => &self.es256,
        };
        prepared.sign(TokenType::Id, claims).await
    }

    /// The claims of a token that we signed; none for any other text.
    pub(crate) fn verify<T: DeserializeOwned>(&self, token: &str, kind: TokenType) -> Option<T> {
        if token.len() > MAX_TOKEN {
            return None;
        }
        let (signed, signature) = token.rsplit_once('.')?;
        let (header, payload) = signed.split_once('.')?;
        let header: Header = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).ok()?).ok()?;
        let prepared = [&self.es256, &self.rs256].into_iter().find(|prepared| {
            prepared.alg == header.alg && header.kid.as_ref() == Some(&prepared.kid)
        })?;
        let typ_fits = match kind {
            TokenType::Access => header.typ.is_some_and(|typ| {
                typ.eq_ignore_ascii_case("at+jwt") || typ.eq_ignore_ascii_case("application/at+jwt")
            }),
            TokenType::Id => header.typ.is_none_or(|typ| typ.eq_ignore_ascii_case("jwt")),
        };
        if !typ_fits || header.crit.is_some() {
            return None;
        }
        let mut signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        if prepared.algorithm == SignatureAlgorithm::EcdsaP256Sha256 {
            if signature.len() != 2 * P256_BYTES {
                return None;
            }
            signature = ecdsa_raw_to_der(&signature).ok()?;
        }
        prepared
            .public_key
            .verify(prepared.algorithm, signed.as_bytes(), &signature)
            .ok()?;
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
    }
}

impl Prepared {
    fn new(
        key: Arc<dyn Key>,
        algorithm: SignatureAlgorithm,
        alg: &'static str,
    ) -> Result<Self, Error> {
        let unfit = |error: crypto::Error| Error::Config(format!("{}: {error}", key.uri()));
        let public_key = key.public_key().clone();
        let jwk = Jwk::from_public_key(&public_key).map_err(unfit)?;
        let kid = jwk.thumbprint();
        let header = |typ: &str| {
            let json = format!(r#"{{"alg":"{alg}","kid":"{kid}","typ":"{typ}"}}"#);
            format!("{}.", URL_SAFE_NO_PAD.encode(json))
        };
        Ok(Self {
            id_header: header("JWT"),
            access_header: header("at+jwt"),
            key,
            public_key,
            algorithm,
            alg,
            kid,
            jwk,
        })
    }

    async fn sign(&self, kind: TokenType, claims: &impl Serialize) -> Result<String, Error> {
        let claims =
            serde_json::to_vec(claims).map_err(|error| Error::Internal(error.to_string()))?;
        let header = match kind {
            TokenType::Id => &self.id_header,
            TokenType::Access => &self.access_header,
        };
        let mut token = String::with_capacity(header.len() + claims.len() * 4 / 3 + 400);
        token.push_str(header);
        URL_SAFE_NO_PAD.encode_string(claims, &mut token);
        let mut signature = self.key.sign(self.algorithm, token.as_bytes()).await?;
        if self.algorithm == SignatureAlgorithm::EcdsaP256Sha256 {
            // RFC 7518 §3.4: r and s side by side.
            signature = ecdsa_der_to_raw(&signature, P256_BYTES)
                .map_err(|error| Error::Internal(format!("{}: {error}", self.key.uri())))?;
        }
        token.push('.');
        URL_SAFE_NO_PAD.encode_string(signature, &mut token);
        Ok(token)
    }
}
