//! Key pairs as objects of a token.

use cryptoki::object::{Attribute, AttributeType, ObjectClass, ObjectHandle};

use super::{attributes::KeyPairAttributes, fault::is_unsupported, worker::Worker};
use crate::{KeyError, KeyInfo, KeySpec, KeyUsage, Pkcs11Uri};
use crypto::{KeyAlgorithm, PublicKey, mechanism};

/// A key pair that was found.
pub(super) struct Found {
    pub(super) handle: ObjectHandle,
    pub(super) spec: KeySpec,
    pub(super) public_key: PublicKey,
    pub(super) uri: Pkcs11Uri,
}

/// The private key that `uri` names.
pub(super) fn find(worker: &mut Worker, uri: &Pkcs11Uri) -> Result<Found, KeyError> {
    let handle = find_handle(worker, uri)?;
    let attributes = read_key_pair(worker, handle)?;
    let refused = |reason: &str| KeyError::Refused {
        store: worker.device.name.clone(),
        reason: format!("{uri} {reason}"),
    };
    let spec = attributes
        .spec()
        .ok_or_else(|| refused("is a key of an unknown algorithm"))?;
    let public_key = attributes
        .public_key()
        .ok_or_else(|| refused("has no public key object beside it"))?;
    let public_key = PublicKey::from_der(&public_key)
        .and_then(|key| key.with_sm2_id(&worker.device.sm2.id))
        .map_err(|error| refused(&format!("cannot be used: {error}")))?;
    Ok(Found {
        handle,
        spec,
        public_key,
        uri: address(worker, &attributes),
    })
}

/// The handle of the one private key that `uri` names.
pub(super) fn find_handle(worker: &mut Worker, uri: &Pkcs11Uri) -> Result<ObjectHandle, KeyError> {
    match find_handles(worker, ObjectClass::PRIVATE_KEY, uri)?[..] {
        [handle] => Ok(handle),
        [] => Err(KeyError::NoSuchKey {
            uri: uri.to_string(),
        }),
        _ => Err(KeyError::Refused {
            store: worker.device.name.clone(),
            reason: format!("several keys are named {uri}; name the id too"),
        }),
    }
}

/// Checks that the session works and that a key in use is visible.
///
/// A token whose storage is gone may answer everything else from memory.
pub(super) fn check(worker: &mut Worker, in_use: Option<&Pkcs11Uri>) -> Result<(), KeyError> {
    let state = worker.session.get_session_info();
    state.map_err(|error| worker.failed(&error))?;
    let Some(uri) = in_use else { return Ok(()) };
    match find_handle(worker, uri) {
        Err(KeyError::NoSuchKey { .. })
            if find_handles(worker, ObjectClass::PRIVATE_KEY, &Pkcs11Uri::default())?
                .is_empty() =>
        {
            Err(worker.lost("no key is visible any more"))
        }
        other => other.map(drop),
    }
}

/// Generates a key pair on the token.
pub(super) fn generate(
    worker: &mut Worker,
    uri: &Pkcs11Uri,
    spec: KeySpec,
) -> Result<Found, KeyError> {
    let algorithm = spec.algorithm;
    let unsupported = KeyError::UnsupportedKey {
        store: worker.device.name.clone(),
        algorithm,
    };
    refuse_existing(worker, uri)?;
    let sm2 = worker.device.sm2.mechanisms;
    let Some(mechanism) = mechanism::key_pair_gen(algorithm, sm2.as_ref()) else {
        return Err(unsupported);
    };
    let Some(both) = common_attributes(worker, uri, algorithm) else {
        return Err(unsupported);
    };
    let private = [&both[..], &private_attributes(spec)].concat();
    let public = [&both[..], &public_attributes(spec.usage)].concat();
    for parameters in parameters(algorithm) {
        let public = [&public[..], &parameters].concat();
        match worker
            .session
            .generate_key_pair(&mechanism, &public, &private)
        {
            Ok(_) => return find(worker, uri),
            Err(error) if is_unsupported(&error) => {}
            Err(error) => return Err(worker.failed(&error)),
        }
    }
    Err(unsupported)
}

/// Refuses a name that a key of the token has.
pub(super) fn refuse_existing(worker: &mut Worker, uri: &Pkcs11Uri) -> Result<(), KeyError> {
    if find_handles(worker, ObjectClass::PRIVATE_KEY, uri)?.is_empty() {
        return Ok(());
    }
    Err(KeyError::KeyExists {
        uri: uri.to_string(),
    })
}

/// What both objects of a new key pair have in common; `None` for SM2 without the
/// vendor's numbers.
pub(super) fn common_attributes(
    worker: &Worker,
    uri: &Pkcs11Uri,
    algorithm: KeyAlgorithm,
) -> Option<Vec<Attribute>> {
    Some(vec![
        Attribute::Token(true),
        Attribute::KeyType(mechanism::key_type(
            algorithm,
            worker.device.sm2.mechanisms.as_ref(),
        )?),
        Attribute::Label(uri.object.clone().unwrap_or_default().into_bytes()),
        Attribute::Id(crypto::random::bytes::<16>().to_vec()),
    ])
}

/// Every private key of the token whose algorithm is in the table.
pub(super) fn list(worker: &mut Worker) -> Result<Vec<KeyInfo>, KeyError> {
    let mut keys = Vec::new();
    for handle in find_handles(worker, ObjectClass::PRIVATE_KEY, &Pkcs11Uri::default())? {
        let attributes = read_key_pair(worker, handle)?;
        if let Some(spec) = attributes.spec() {
            let uri = address(worker, &attributes).to_string();
            keys.push(KeyInfo { uri, spec });
        }
    }
    keys.sort_by(|one, other| one.uri.cmp(&other.uri));
    Ok(keys)
}

/// Destroys both attributes of the one key pair that `uri` names.
pub(super) fn destroy(worker: &mut Worker, uri: &Pkcs11Uri) -> Result<(), KeyError> {
    let private = find_handle(worker, uri)?;
    let attributes = read_key_pair(worker, private)?;
    // The private half first: without it nothing signs any more.
    destroy_object(worker, private)?;
    let pair = Pkcs11Uri {
        object: attributes.label,
        id: attributes.id,
        ..Pkcs11Uri::default()
    };
    if pair.object.is_some() || pair.id.is_some() {
        for public in find_handles(worker, ObjectClass::PUBLIC_KEY, &pair)? {
            destroy_object(worker, public)?;
        }
    }
    Ok(())
}

fn destroy_object(worker: &mut Worker, handle: ObjectHandle) -> Result<(), KeyError> {
    let destroyed = worker.session.destroy_object(handle);
    destroyed.map_err(|error| worker.failed(&error))
}

fn find_handles(
    worker: &mut Worker,
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
    let found = worker.session.find_objects(&template);
    found.map_err(|error| worker.failed(&error))
}

/// The attributes of both objects of a key pair, the private one first.
fn read_key_pair(
    worker: &mut Worker,
    private: ObjectHandle,
) -> Result<KeyPairAttributes, KeyError> {
    let mut attributes = KeyPairAttributes::default();
    attributes.add(read_object(worker, private)?);
    let pair = Pkcs11Uri {
        object: attributes.label.clone(),
        id: attributes.id.clone(),
        ..Pkcs11Uri::default()
    };
    if pair.object.is_some() || pair.id.is_some() {
        for public in find_handles(worker, ObjectClass::PUBLIC_KEY, &pair)? {
            attributes.add(read_object(worker, public)?);
        }
    }
    Ok(attributes)
}

fn read_object(worker: &mut Worker, handle: ObjectHandle) -> Result<Vec<Attribute>, KeyError> {
    let read = worker.session.get_attributes(handle, &READ_ATTRIBUTES);
    read.map_err(|error| worker.failed(&error))
}

/// The address of a key: by label, or by id if it has no label.
fn address(worker: &Worker, attributes: &KeyPairAttributes) -> Pkcs11Uri {
    let label = attributes.label.clone().filter(|label| !label.is_empty());
    Pkcs11Uri {
        id: if label.is_none() {
            attributes.id.clone()
        } else {
            None
        },
        object: label,
        ..worker.device.token.token_only()
    }
}

/// The attributes that make a private key what its spec says.
pub(super) fn private_attributes(spec: KeySpec) -> [Attribute; 7] {
    let has = |usage| spec.usage.contains(usage);
    [
        Attribute::Private(true),
        Attribute::Sensitive(true),
        Attribute::Extractable(spec.exportable),
        Attribute::Sign(has(KeyUsage::SIGN)),
        Attribute::Decrypt(has(KeyUsage::DECRYPT)),
        Attribute::Derive(has(KeyUsage::AGREE)),
        Attribute::Unwrap(has(KeyUsage::WRAP)),
    ]
}

/// Their counterparts in the public key.
pub(super) fn public_attributes(usage: KeyUsage) -> [Attribute; 4] {
    [
        Attribute::Private(false),
        Attribute::Verify(usage.contains(KeyUsage::SIGN)),
        Attribute::Encrypt(usage.contains(KeyUsage::DECRYPT)),
        Attribute::Wrap(usage.contains(KeyUsage::WRAP)),
    ]
}

/// The attributes that determine the size of a key, in the forms to try.
fn parameters(algorithm: KeyAlgorithm) -> Vec<Vec<Attribute>> {
    if algorithm.is_rsa() {
        return vec![vec![
            Attribute::ModulusBits(u64::from(algorithm.bits()).into()),
            // 65537 (FIPS 186-5 §5.1 wants an odd exponent above 2^16).
            Attribute::PublicExponent(vec![1, 0, 1]),
        ]];
    }
    mechanism::ec_params(algorithm)
        .into_iter()
        .map(|params| vec![Attribute::EcParams(params)])
        .collect()
}

const READ_ATTRIBUTES: [AttributeType; 11] = [
    AttributeType::Label,
    AttributeType::Id,
    AttributeType::EcParams,
    AttributeType::EcPoint,
    AttributeType::Modulus,
    AttributeType::PublicExponent,
    AttributeType::Sign,
    AttributeType::Decrypt,
    AttributeType::Derive,
    AttributeType::Unwrap,
    AttributeType::Extractable,
];
