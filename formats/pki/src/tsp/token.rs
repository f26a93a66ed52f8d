//! TSTInfo and the token that carries it (RFC 3161 §2.4.2).

use asn1::{Cursor, Writer, tag, whole_seconds};
use const_oid::ObjectIdentifier;
use crypto::{Digest, SignatureAlgorithm};
use hsm_adapters::Key;
use jiff::Timestamp;

use super::TimeStampReq;
use crate::{
    Certificate, Error, KeyUsage, Result, SerialNumber,
    algorithm::{read_digest_oid, unsupported},
    cms, oid,
};

const WHAT: &str = "TSTInfo";

/// How far genTime may be from the truth.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Accuracy {
    /// Whole seconds.
    pub seconds: u32,
    /// 0 to 999.
    pub millis: u16,
    /// 0 to 999.
    pub micros: u16,
}

/// What the authority says in a token.
#[derive(Clone, Debug)]
pub struct Stamp {
    /// policy.
    pub policy: ObjectIdentifier,
    /// serialNumber, never used before by this authority.
    pub serial: SerialNumber,
    /// genTime.
    pub gen_time: Timestamp,
    /// How many digits of a second's fraction genTime has: 0 to 9. Trailing zeros are left out.
    pub fraction_digits: u8,
    /// accuracy.
    pub accuracy: Option<Accuracy>,
    /// ordering: whether tokens of this authority can be put in order by genTime alone.
    pub ordering: bool,
}

/// A time-stamp authority's unit, prepared once.
#[derive(Clone, Debug)]
pub struct TimeStamper {
    signer: cms::Signer,
    /// `tsa [0] EXPLICIT GeneralName`, or nothing.
    tsa: Vec<u8>,
}

/// A token that is built and not signed. Signing consumes it.
#[derive(Debug)]
#[must_use = "sign it, or drop it"]
pub struct UnsignedToken(cms::UnsignedData);

/// A token that was read; [`TimeStampToken::verify`] checks it.
#[derive(Clone, Debug)]
pub struct TimeStampToken {
    der: Vec<u8>,
    signed_data: cms::SignedData,
    info: TstInfo,
}

/// What a token says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TstInfo {
    /// policy.
    pub policy: ObjectIdentifier,
    /// hashAlgorithm of the messageImprint.
    pub digest: Digest,
    /// hashedMessage of the messageImprint.
    pub hashed_message: Vec<u8>,
    /// serialNumber.
    pub serial: SerialNumber,
    /// genTime.
    pub gen_time: Timestamp,
    /// accuracy.
    pub accuracy: Option<Accuracy>,
    /// ordering.
    pub ordering: bool,
    /// The contents of the nonce INTEGER.
    pub nonce: Option<Vec<u8>>,
}

impl TimeStamper {
    /// Prepares a unit. `chain` are the CA certificates that are included if
    /// the client asks; `with_name` puts the unit's subject into each token.
    ///
    /// # Errors
    /// [`Error::Invalid`] if the certificate is not for time-stamping alone
    /// (RFC 3161 §2.3), [`crypto::Error::UnsupportedAlgorithm`].
    pub fn new(
        certificate: &Certificate,
        chain: &[Certificate],
        algorithm: SignatureAlgorithm,
        with_name: bool,
    ) -> Result<Self> {
        let purpose = certificate.extension(oid::EXTENDED_KEY_USAGE);
        if certificate.extended_key_usage() != [oid::TIME_STAMPING]
            || !purpose.is_some_and(|extension| extension.critical)
        {
            return Err(Error::invalid(
                "extKeyUsage",
                "not timeStamping alone, critical",
            ));
        }
        let signs = KeyUsage::DIGITAL_SIGNATURE | KeyUsage::NON_REPUDIATION;
        if !certificate
            .key_usage()
            .is_none_or(|usage| usage.intersects(signs))
        {
            return Err(Error::invalid(
                "keyUsage",
                "neither digitalSignature nor nonRepudiation",
            ));
        }
        let tsa = Writer::build(|w| {
            if with_name {
                w.nested(tag::constructed(0), |w| {
                    w.nested(tag::constructed(4), |w| w.raw(certificate.subject().der()));
                });
            }
        });
        Ok(Self {
            signer: cms::Signer::new(certificate, chain, algorithm)?,
            tsa,
        })
    }

    /// How it signs.
    pub fn signature_algorithm(&self) -> SignatureAlgorithm {
        self.signer.signature_algorithm()
    }

    /// Builds the token that answers `request`.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a time or an accuracy that cannot be written.
    pub fn token(&self, request: &TimeStampReq, stamp: &Stamp) -> Result<UnsignedToken> {
        whole_seconds(stamp.gen_time, "genTime")?;
        if let Some(accuracy) = stamp.accuracy
            && (accuracy.millis > 999 || accuracy.micros > 999)
        {
            return Err(Error::invalid("accuracy", "more than 999 millis or micros"));
        }
        let info = Writer::build(|w| {
            w.sequence(|w| {
                w.integer(1);
                w.oid(stamp.policy);
                w.raw(request.message_imprint());
                w.unsigned(stamp.serial.as_bytes());
                w.generalized_time(stamp.gen_time, stamp.fraction_digits);
                if let Some(accuracy) = stamp.accuracy {
                    write_accuracy(w, accuracy);
                }
                if stamp.ordering {
                    w.boolean(true);
                }
                if let Some(nonce) = request.nonce() {
                    w.tlv(tag::INTEGER, nonce);
                }
                w.raw(&self.tsa);
            });
        });
        let signing_time = Some(stamp.gen_time);
        self.signer
            .signed_data(oid::ID_CT_TST_INFO, info, signing_time, request.cert_req())
            .map(UnsignedToken)
    }
}

impl UnsignedToken {
    /// The DER TSTInfo.
    pub fn tst_info_der(&self) -> &[u8] {
        self.0.content()
    }

    /// Signs and returns the DER TimeStampResp, status granted.
    ///
    /// # Errors
    /// [`Error::Key`] from the adapter, [`Error::SignedOtherwise`].
    pub async fn sign(self, key: &dyn Key) -> Result<Vec<u8>> {
        Ok(granted(&self.sign_token(key).await?))
    }

    /// Signs and returns the DER token alone.
    ///
    /// # Errors
    /// Those of [`UnsignedToken::sign`].
    pub async fn sign_token(self, key: &dyn Key) -> Result<Vec<u8>> {
        self.0.sign(key).await
    }
}

impl TimeStampToken {
    /// Reads a DER token.
    ///
    /// # Errors
    /// [`asn1::Error::Syntax`], [`crypto::Error::UnsupportedAlgorithm`].
    pub fn from_der(der: &[u8]) -> Result<Self> {
        let signed_data = cms::SignedData::from_der(der)?;
        if signed_data.content_type() != oid::ID_CT_TST_INFO {
            return Err(Error::syntax(
                "TimeStampToken",
                "eContentType",
                "not id-ct-TSTInfo",
            ));
        }
        Ok(Self {
            der: der.to_vec(),
            info: TstInfo::from_der(signed_data.content())?,
            signed_data,
        })
    }

    /// The whole encoding, a ContentInfo.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// What it says.
    pub fn info(&self) -> &TstInfo {
        &self.info
    }

    /// The SignedData around it.
    pub fn signed_data(&self) -> &cms::SignedData {
        &self.signed_data
    }

    /// Checks the signature by the unit's `certificate`, that it is one for
    /// time-stamping, and that it was valid at genTime. Whether to trust it is
    /// for the caller to say.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`crypto::Error::BadSignature`].
    pub fn verify(&self, certificate: &Certificate) -> Result<()> {
        if certificate.extended_key_usage() != [oid::TIME_STAMPING] {
            return Err(Error::invalid("extKeyUsage", "not timeStamping alone"));
        }
        if !certificate.validity().contains(self.info.gen_time) {
            return Err(Error::invalid(
                "genTime",
                "outside the certificate's validity",
            ));
        }
        self.signed_data.verify(certificate)
    }
}

impl TstInfo {
    fn from_der(der: &[u8]) -> Result<Self> {
        let mut info = Cursor::outer(WHAT, der)?;
        if info.small(tag::INTEGER, "version")? != 1 {
            return info.fail("version", "not 1");
        }
        let policy = info.oid("policy")?;
        let mut imprint = info.sequence("messageImprint")?;
        let hash_algorithm = read_digest_oid(&mut imprint, "hashAlgorithm")?;
        let digest =
            Digest::from_oid(hash_algorithm).ok_or_else(|| unsupported(WHAT, hash_algorithm))?;
        let hashed_message = imprint.octets("hashedMessage")?.to_vec();
        imprint.end("hashedMessage")?;
        let serial = SerialNumber::from_bytes(info.unsigned("serialNumber")?)
            .map_err(|error| info.error("serialNumber", error.to_string()))?;
        let gen_time = info.generalized_time("genTime", true)?;
        let accuracy = info
            .optional_nested(tag::SEQUENCE, "accuracy")?
            .map(read_accuracy)
            .transpose()?;
        let ordering = info.default_false("ordering")?;
        let nonce = match info.peek() {
            Some(tag::INTEGER) => Some(info.integer("nonce")?.to_vec()),
            _ => None,
        };
        info.optional(tag::constructed(0), "tsa")?;
        info.optional(tag::constructed(1), "extensions")?;
        info.end("extensions")?;
        Ok(Self {
            policy,
            digest,
            hashed_message,
            serial,
            gen_time,
            accuracy,
            ordering,
            nonce,
        })
    }
}

fn write_accuracy(w: &mut Writer, accuracy: Accuracy) {
    w.sequence(|w| {
        if accuracy.seconds > 0 {
            w.integer(accuracy.seconds.into());
        }
        for (number, value) in [(0, accuracy.millis), (1, accuracy.micros)] {
            if value > 0 {
                w.unsigned_as(tag::context(number), &value.to_be_bytes());
            }
        }
    });
}

/// The response with status granted and its token.
fn granted(token: &[u8]) -> Vec<u8> {
    let mut out = Writer::with_capacity(token.len() + 16);
    out.sequence(|w| {
        w.sequence(|w| w.integer(0));
        w.raw(token);
    });
    out.into_bytes()
}

fn read_accuracy(mut cursor: Cursor<'_>) -> Result<Accuracy> {
    let mut accuracy = Accuracy::default();
    let range = |cursor: &Cursor<'_>| cursor.error("accuracy", "out of range");
    if cursor.peek() == Some(tag::INTEGER) {
        let seconds = cursor.small(tag::INTEGER, "accuracy")?;
        accuracy.seconds = u32::try_from(seconds).map_err(|_| range(&cursor))?;
    }
    for (number, out) in [(0, &mut accuracy.millis), (1, &mut accuracy.micros)] {
        if cursor.peek() == Some(tag::context(number)) {
            match cursor.small(tag::context(number), "accuracy")? {
                value @ 1..=999 => *out = value as u16,
                _ => return Err(range(&cursor).into()),
            }
        }
    }
    cursor.end("accuracy")?;
    Ok(accuracy)
}
