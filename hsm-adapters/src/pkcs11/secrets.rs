//! Decryption, agreement and wrapping on a token.

use crypto::{EncryptionAlgorithm, PublicKey, mechanism};
use cryptoki::{
    error::{Error, RvError},
    mechanism::{
        Mechanism,
        elliptic_curve::{EcKdf, Ecdh1DeriveParams},
    },
    object::{Attribute, AttributeType, KeyType, ObjectClass, ObjectHandle},
};
use zeroize::Zeroizing;

use super::{
    fault::is_unsupported,
    objects::{self, private_attributes, public_attributes},
    worker::Worker,
};
use crate::{KeyError, KeyUsage, Pkcs11Uri, WrappedKey};

pub(super) fn decrypt(
    worker: &mut Worker,
    uri: &str,
    key: ObjectHandle,
    algorithm: EncryptionAlgorithm,
    ciphertext: &[u8],
) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let operation = || format!("decrypt {algorithm}");
    let Some(mechanism) = mechanism::decryption(algorithm) else {
        return Err(cannot(worker, operation()));
    };
    match worker.session.decrypt(&mechanism, key, ciphertext) {
        Ok(plaintext) => Ok(Zeroizing::new(plaintext)),
        Err(error) if is_unsupported(&error) => Err(cannot(worker, operation())),
        Err(error) => Err(input_error(worker, uri, &error)),
    }
}

/// Z of ECDH with an uncompressed point, `length` bytes.
pub(super) fn agree(
    worker: &mut Worker,
    key: ObjectHandle,
    point: &[u8],
    length: usize,
) -> Result<Zeroizing<Vec<u8>>, KeyError> {
    let parameters = Ecdh1DeriveParams::new(EcKdf::null(), point);
    let secret = [
        Attribute::Class(ObjectClass::SECRET_KEY),
        Attribute::KeyType(KeyType::GENERIC_SECRET),
        Attribute::Token(false),
        // The secret is what the caller asks for.
        Attribute::Sensitive(false),
        Attribute::Extractable(true),
        Attribute::ValueLen((length as u64).into()),
    ];
    let mechanism = Mechanism::Ecdh1Derive(parameters);
    let derived = match worker.session.derive_key(&mechanism, key, &secret) {
        Ok(derived) => derived,
        Err(error) if is_unsupported(&error) => {
            return Err(cannot(worker, "agree on secrets by ECDH".to_owned()));
        }
        Err(error) => return Err(worker.failed(&error)),
    };
    let read = worker
        .session
        .get_attributes(derived, &[AttributeType::Value]);
    forget(worker, &[derived]);
    match read
        .map_err(|error| worker.failed(&error))?
        .into_iter()
        .next()
    {
        Some(Attribute::Value(secret)) if secret.len() == length => Ok(Zeroizing::new(secret)),
        _ => Err(cannot(worker, "return the secret of ECDH".to_owned())),
    }
}

/// Encrypts the exportable key `uri` to an RSA key.
pub(super) fn wrap(
    worker: &mut Worker,
    uri: &Pkcs11Uri,
    recipient: &PublicKey,
) -> Result<WrappedKey, KeyError> {
    let found = objects::find(worker, uri)?;
    if !found.spec.exportable {
        return Err(KeyError::NotExportable {
            uri: uri.to_string(),
        });
    }
    let Some((modulus, exponent)) = recipient.rsa_components() else {
        return Err(cannot(
            worker,
            format!("wrap a key for a {:?} key", recipient.kind()),
        ));
    };
    let recipient = worker.session.create_object(&[
        Attribute::Class(ObjectClass::PUBLIC_KEY),
        Attribute::KeyType(KeyType::RSA),
        Attribute::Token(false),
        Attribute::Wrap(true),
        Attribute::Modulus(modulus.to_vec()),
        Attribute::PublicExponent(exponent.to_vec()),
    ]);
    let recipient = recipient.map_err(|error| worker.failed(&error))?;
    let kek = worker.session.generate_key(
        &Mechanism::AesKeyGen,
        &[
            Attribute::Token(false),
            Attribute::Sensitive(true),
            Attribute::Extractable(true),
            Attribute::Wrap(true),
            Attribute::ValueLen(32.into()),
        ],
    );
    let wrapped = kek.and_then(|kek| {
        let key = worker
            .session
            .wrap_key(&Mechanism::AesKeyWrapPad, kek, found.handle);
        let wrapped = key.and_then(|key| {
            let kek = worker.session.wrap_key(&oaep(), recipient, kek)?;
            Ok([kek, key].concat())
        });
        forget(worker, &[kek]);
        wrapped
    });
    forget(worker, &[recipient]);
    match wrapped {
        Ok(ciphertext) => Ok(WrappedKey {
            spec: found.spec,
            public_key: found.public_key,
            ciphertext,
        }),
        Err(error) if is_unsupported(&error) => Err(cannot(worker, "wrap keys".to_owned())),
        Err(error) => Err(worker.failed(&error)),
    }
}

/// Decrypts a wrapped key and stores it as `uri`.
pub(super) fn unwrap(
    worker: &mut Worker,
    unwrapping_key: &Pkcs11Uri,
    uri: &Pkcs11Uri,
    wrapped: &WrappedKey,
) -> Result<(), KeyError> {
    objects::refuse_existing(worker, uri)?;
    let found = objects::find(worker, unwrapping_key)?;
    let text = unwrapping_key.to_string();
    found.spec.permit(&text, KeyUsage::WRAP)?;
    let bad = || KeyError::BadCiphertext { uri: text.clone() };
    let (modulus, _) = found.public_key.rsa_components().ok_or_else(bad)?;
    let parts = wrapped.ciphertext.split_at_checked(modulus.len());
    let (kek, key) = parts.ok_or_else(bad)?;
    let algorithm = wrapped.spec.algorithm;
    let Some(both) = objects::common_attributes(worker, uri, algorithm) else {
        return Err(cannot(worker, format!("hold {algorithm} keys")));
    };
    let public = public_object(&wrapped.public_key).ok_or_else(bad)?;

    let kek = unwrap_kek(worker, &text, found.handle, kek)?;
    let private = [
        &[Attribute::Class(ObjectClass::PRIVATE_KEY)],
        &both[..],
        &private_attributes(wrapped.spec),
    ]
    .concat();
    let key = worker
        .session
        .unwrap_key(&Mechanism::AesKeyWrapPad, kek, key, &private);
    forget(worker, &[kek]);
    let key = match key {
        Ok(key) => key,
        Err(error) if is_unsupported(&error) => {
            return Err(cannot(worker, format!("unwrap {algorithm} keys")));
        }
        Err(error) => return Err(input_error(worker, &text, &error)),
    };
    let public = [
        &[Attribute::Class(ObjectClass::PUBLIC_KEY)],
        &both[..],
        &public_attributes(wrapped.spec.usage),
        &public,
    ]
    .concat();
    if let Err(error) = worker.session.create_object(&public) {
        forget(worker, &[key]);
        return Err(worker.failed(&error));
    }
    Ok(())
}

/// Decrypts the AES key of a wrapped key, into the session.
fn unwrap_kek(
    worker: &mut Worker,
    uri: &str,
    unwrapping_key: ObjectHandle,
    wrapped: &[u8],
) -> Result<ObjectHandle, KeyError> {
    let kek = worker.session.unwrap_key(
        &oaep(),
        unwrapping_key,
        wrapped,
        &[
            Attribute::Class(ObjectClass::SECRET_KEY),
            Attribute::KeyType(KeyType::AES),
            Attribute::Token(false),
            Attribute::Sensitive(true),
            Attribute::Extractable(false),
            Attribute::Unwrap(true),
        ],
    );
    kek.map_err(|error| input_error(worker, uri, &error))
}

/// Destroys objects that must not outlive the operation.
fn forget(worker: &Worker, objects: &[ObjectHandle]) {
    for object in objects {
        // A session object that cannot be destroyed ends with its session.
        let _ = worker.session.destroy_object(*object);
    }
}

fn cannot(worker: &Worker, operation: String) -> KeyError {
    KeyError::UnsupportedOperation {
        store: worker.device.name.clone(),
        operation,
    }
}

/// An error of an operation whose input may come from a stranger. Tokens report a
/// wrong ciphertext by many codes, general ones too, and it must not make the
/// adapter restart a device that works.
fn input_error(worker: &mut Worker, uri: &str, error: &Error) -> KeyError {
    let is_input = matches!(
        error,
        Error::Pkcs11(
            RvError::EncryptedDataInvalid
                | RvError::EncryptedDataLenRange
                | RvError::WrappedKeyInvalid
                | RvError::WrappedKeyLenRange
                | RvError::DataInvalid
                | RvError::DataLenRange
                | RvError::GeneralError
                | RvError::FunctionFailed,
            _
        )
    );
    if is_input && worker.session.get_session_info().is_ok() {
        return KeyError::BadCiphertext {
            uri: uri.to_owned(),
        };
    }
    worker.failed(error)
}

fn oaep() -> Mechanism<'static> {
    mechanism::decryption(EncryptionAlgorithm::RsaOaepSha1).unwrap_or(Mechanism::RsaPkcs)
}

/// The attributes of a public key object beside those that it has in common with its
/// private key.
fn public_object(key: &PublicKey) -> Option<Vec<Attribute>> {
    if let Some((modulus, exponent)) = key.rsa_components() {
        return Some(vec![
            Attribute::Modulus(modulus.to_vec()),
            Attribute::PublicExponent(exponent.to_vec()),
        ]);
    }
    let point = der::asn1::OctetStringRef::new(key.subject_public_key()).ok()?;
    Some(vec![
        Attribute::EcParams(mechanism::ec_params(key.algorithm()?).into_iter().next()?),
        Attribute::EcPoint(der::Encode::to_der(&point).ok()?),
    ])
}
