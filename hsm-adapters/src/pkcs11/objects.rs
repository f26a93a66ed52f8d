//! Key pairs as objects of a token.

use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};

use super::{encoding::Halves, fault::is_unsupported, worker::Worker};
use crate::{KeyError, KeyInfo, Pkcs11Uri};
use crypto::{KeyAlgorithm, PublicKey};

/// A key pair that was found.
pub(super) struct Found {
    pub(super) handle: ObjectHandle,
    pub(super) algorithm: KeyAlgorithm,
    pub(super) public_key: PublicKey,
    pub(super) uri: Pkcs11Uri,
}

impl Worker {
    /// The private key that `uri` names.
    pub(super) fn find(&mut self, uri: &Pkcs11Uri) -> Result<Found, KeyError> {
        let handle = self.handle(uri)?;
        let halves = self.halves(handle)?;
        let refused = |reason: &str| KeyError::Refused {
            store: self.device.name.clone(),
            reason: format!("{uri} {reason}"),
        };
        let algorithm = halves
            .algorithm()
            .ok_or_else(|| refused("is a key of an unknown algorithm"))?;
        let public_key = halves
            .public_key()
            .ok_or_else(|| refused("has no public key object beside it"))?;
        let public_key = PublicKey::from_der(&public_key)
            .and_then(|key| key.with_sm2_id(&self.device.sm2_id))
            .map_err(|error| refused(&format!("cannot be used: {error}")))?;
        Ok(Found {
            handle,
            algorithm,
            public_key,
            uri: self.address(&halves),
        })
    }

    /// The handle of the one private key that `uri` names.
    pub(super) fn handle(&mut self, uri: &Pkcs11Uri) -> Result<ObjectHandle, KeyError> {
        match self.objects(ObjectClass::PRIVATE_KEY, uri)?[..] {
            [handle] => Ok(handle),
            [] => Err(KeyError::NoSuchKey {
                uri: uri.to_string(),
            }),
            _ => Err(KeyError::Refused {
                store: self.device.name.clone(),
                reason: format!("several keys are named {uri}; name the id too"),
            }),
        }
    }

    /// Asks the session whether it is well and shows a key that is in use.
    ///
    /// A token whose storage went away may answer all else from its memory.
    pub(super) fn check(&mut self, in_use: Option<&Pkcs11Uri>) -> Result<(), KeyError> {
        let state = self.session.get_session_info();
        state.map_err(|error| self.failed(&error))?;
        let Some(uri) = in_use else { return Ok(()) };
        match self.handle(uri) {
            Err(KeyError::NoSuchKey { .. })
                if self
                    .objects(ObjectClass::PRIVATE_KEY, &Pkcs11Uri::default())?
                    .is_empty() =>
            {
                Err(self.lost("it does not show any key any more"))
            }
            other => other.map(drop),
        }
    }

    /// Makes a key pair that never leaves the token.
    pub(super) fn generate(
        &mut self,
        uri: &Pkcs11Uri,
        algorithm: KeyAlgorithm,
    ) -> Result<Found, KeyError> {
        let unsupported = KeyError::UnsupportedKey {
            store: self.device.name.clone(),
            algorithm,
        };
        if !self.objects(ObjectClass::PRIVATE_KEY, uri)?.is_empty() {
            return Err(KeyError::KeyExists {
                uri: uri.to_string(),
            });
        }
        let sm2 = self.device.sm2;
        let Some((mechanism, key_type)) = algorithm
            .key_pair_gen(sm2.as_ref())
            .zip(algorithm.key_type(sm2.as_ref()))
        else {
            return Err(unsupported);
        };
        let id = crypto::random::bytes::<16>();
        let both = [
            Attribute::Token(true),
            Attribute::KeyType(key_type),
            Attribute::Label(uri.object.clone().unwrap_or_default().into_bytes()),
            Attribute::Id(id.to_vec()),
        ];
        let private = [
            &both[..],
            &[
                Attribute::Private(true),
                Attribute::Sensitive(true),
                Attribute::Extractable(false),
                Attribute::Sign(true),
            ],
        ]
        .concat();
        let public = [
            &both[..],
            &[Attribute::Private(false), Attribute::Verify(true)],
        ]
        .concat();
        for parameters in parameters(algorithm) {
            let public = [&public[..], &parameters].concat();
            match self
                .session
                .generate_key_pair(&mechanism, &public, &private)
            {
                Ok(_) => return self.find(uri),
                Err(error) if is_unsupported(&error) => {}
                Err(error) => return Err(self.failed(&error)),
            }
        }
        Err(unsupported)
    }

    /// Every signing key of the token that the table knows.
    pub(super) fn list(&mut self) -> Result<Vec<KeyInfo>, KeyError> {
        let mut keys = Vec::new();
        for handle in self.objects(ObjectClass::PRIVATE_KEY, &Pkcs11Uri::default())? {
            let halves = self.halves(handle)?;
            if let Some(algorithm) = halves.algorithm() {
                let uri = self.address(&halves).to_string();
                keys.push(KeyInfo { uri, algorithm });
            }
        }
        keys.sort_by(|one, other| one.uri.cmp(&other.uri));
        Ok(keys)
    }

    /// Destroys both halves of the one key pair that `uri` names.
    pub(super) fn destroy(&mut self, uri: &Pkcs11Uri) -> Result<(), KeyError> {
        let private = self.handle(uri)?;
        let halves = self.halves(private)?;
        // The private half goes first: without it nothing signs any more.
        self.destroy_object(private)?;
        let twin = Pkcs11Uri {
            object: halves.label,
            id: halves.id,
            ..Pkcs11Uri::default()
        };
        if twin.object.is_some() || twin.id.is_some() {
            for public in self.objects(ObjectClass::PUBLIC_KEY, &twin)? {
                self.destroy_object(public)?;
            }
        }
        Ok(())
    }

    fn destroy_object(&mut self, handle: ObjectHandle) -> Result<(), KeyError> {
        let destroyed = self.session.destroy_object(handle);
        destroyed.map_err(|error| self.failed(&error))
    }

    fn objects(
        &mut self,
        class: ObjectClass,
        uri: &Pkcs11Uri,
    ) -> Result<Vec<ObjectHandle>, KeyError> {
        let mut template = vec![Attribute::Class(class), Attribute::Token(true)];
        template.extend(
            uri.object
                .clone()
                .map(|label| Attribute::Label(label.into_bytes())),
        );
        template.extend(uri.id.clone().map(Attribute::Id));
        let found = self.session.find_objects(&template);
        found.map_err(|error| self.failed(&error))
    }

    /// What both halves of a key pair tell, the private one first.
    fn halves(&mut self, private: ObjectHandle) -> Result<Halves, KeyError> {
        let mut halves = Halves::default();
        halves.add(self.attributes(private)?);
        let twin = Pkcs11Uri {
            object: halves.label.clone(),
            id: halves.id.clone(),
            ..Pkcs11Uri::default()
        };
        if twin.object.is_some() || twin.id.is_some() {
            for public in self.objects(ObjectClass::PUBLIC_KEY, &twin)? {
                halves.add(self.attributes(public)?);
            }
        }
        Ok(halves)
    }

    fn attributes(&mut self, handle: ObjectHandle) -> Result<Vec<Attribute>, KeyError> {
        let read = self.session.get_attributes(handle, &TELLING);
        read.map_err(|error| self.failed(&error))
    }

    /// The address of a key: by label, and by id where it has no label.
    fn address(&self, halves: &Halves) -> Pkcs11Uri {
        let label = halves.label.clone().filter(|label| !label.is_empty());
        Pkcs11Uri {
            id: if label.is_none() {
                halves.id.clone()
            } else {
                None
            },
            object: label,
            ..self.device.token.token_only()
        }
    }
}

/// The attributes that say how large a key is to be, in the forms to try.
fn parameters(algorithm: KeyAlgorithm) -> Vec<Vec<Attribute>> {
    if algorithm.is_rsa() {
        return vec![vec![
            Attribute::ModulusBits(u64::from(algorithm.bits()).into()),
            // 65537 (FIPS 186-5 §5.1 wants an odd exponent above 2^16).
            Attribute::PublicExponent(vec![1, 0, 1]),
        ]];
    }
    algorithm
        .ec_params()
        .into_iter()
        .map(|params| vec![Attribute::EcParams(params)])
        .collect()
}

const TELLING: [AttributeType; 6] = [
    AttributeType::Label,
    AttributeType::Id,
    AttributeType::EcParams,
    AttributeType::EcPoint,
    AttributeType::Modulus,
    AttributeType::PublicExponent,
];
