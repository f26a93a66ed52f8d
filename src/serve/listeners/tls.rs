//! TLS 1.2 and 1.3. The listener for browsers never asks for a client certificate: a
//! browser that has any would show a chooser before the sign-in page. The other asks for
//! one, names the authorities that it accepts, and does not require it.

use std::sync::Arc;

use arc_swap::{ArcSwap, ArcSwapOption};
use crypto::SignatureAlgorithm as KeySignature;
use futures_util::FutureExt as _;
use hsm_adapters::Key;
use rustls::{
    ConfigBuilder, DigitallySignedStruct, DistinguishedName, Error, ServerConfig, ServerConnection,
    SignatureAlgorithm, SignatureScheme, WantsVerifier,
    client::danger::HandshakeSignatureValid,
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, UnixTime},
    server::{
        ClientHello, ResolvesServerCert,
        danger::{ClientCertVerified, ClientCertVerifier},
    },
    sign::{CertifiedKey, Signer, SigningKey},
};
use tokio_rustls::TlsAcceptor;

use crate::compose::ClientCertificate;

/// This server's current certificate.
#[derive(Debug, Default)]
pub(crate) struct ServerCertificate {
    current: ArcSwapOption<CertifiedKey>,
}

impl ServerCertificate {
    /// Presents this chain, leaf first, on connections from now on.
    pub(crate) fn replace(&self, chain: Vec<Vec<u8>>, key: Arc<dyn Key>) {
        let chain = chain.into_iter().map(CertificateDer::from).collect();
        let key = Arc::new(TlsKey(key));
        self.current
            .store(Some(Arc::new(CertifiedKey::new(chain, key))));
    }

    /// Staples this OCSP response, or none, on connections from now on (RFC 6066 §8).
    pub(crate) fn staple(&self, response: Option<Vec<u8>>) {
        let Some(current) = self.current.load_full() else {
            return;
        };
        if current.ocsp != response {
            self.current.store(Some(Arc::new(CertifiedKey {
                ocsp: response,
                ..CertifiedKey::clone(&current)
            })));
        }
    }
}

impl ResolvesServerCert for ServerCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.current.load_full()
    }
}

/// The names of the authorities whose client certificates are accepted.
#[derive(Debug, Default)]
pub(crate) struct AcceptedAuthorities(ArcSwap<Vec<Vec<u8>>>);

impl AcceptedAuthorities {
    /// Names these authorities, DER names, on connections from now on.
    pub(crate) fn replace(&self, names: Vec<Vec<u8>>) {
        if **self.0.load() != names {
            self.0.store(Arc::new(names));
        }
    }
}

/// How a TLS listener accepts connections.
#[derive(Clone)]
pub(super) enum Tls {
    /// Without asking for a client certificate.
    Server(TlsAcceptor),
    /// Asking for one.
    Mutual(Arc<MutualTls>),
}

impl Tls {
    pub(super) fn server(certificate: Arc<ServerCertificate>) -> Result<Self, Error> {
        let config = config_builder()?
            .with_no_client_auth()
            .with_cert_resolver(certificate);
        Ok(Self::Server(acceptor(config)))
    }

    pub(super) fn mutual(
        certificate: Arc<ServerCertificate>,
        authorities: Arc<AcceptedAuthorities>,
    ) -> Result<Self, Error> {
        let names = authorities.0.load_full();
        let current = mutual_acceptor(Arc::clone(&certificate), &names)?;
        Ok(Self::Mutual(Arc::new(MutualTls {
            certificate,
            authorities,
            current: ArcSwap::from_pointee((names, current)),
        })))
    }

    pub(super) fn acceptor(&self) -> Result<TlsAcceptor, Error> {
        match self {
            Self::Server(acceptor) => Ok(acceptor.clone()),
            Self::Mutual(mutual) => mutual.acceptor(),
        }
    }
}

/// The configuration that names authorities, rebuilt when they change.
pub(super) struct MutualTls {
    certificate: Arc<ServerCertificate>,
    authorities: Arc<AcceptedAuthorities>,
    current: ArcSwap<(Arc<Vec<Vec<u8>>>, TlsAcceptor)>,
}

impl MutualTls {
    fn acceptor(&self) -> Result<TlsAcceptor, Error> {
        let names = self.authorities.0.load_full();
        let current = self.current.load();
        if Arc::ptr_eq(&current.0, &names) {
            return Ok(current.1.clone());
        }
        let acceptor = mutual_acceptor(Arc::clone(&self.certificate), &names)?;
        self.current.store(Arc::new((names, acceptor.clone())));
        Ok(acceptor)
    }
}

fn mutual_acceptor(
    certificate: Arc<ServerCertificate>,
    names: &[Vec<u8>],
) -> Result<TlsAcceptor, Error> {
    let verifier = AskClient {
        provider: Arc::new(aws_lc_rs::default_provider()),
        authorities: names.iter().cloned().map(DistinguishedName::from).collect(),
    };
    let config = config_builder()?
        .with_client_cert_verifier(Arc::new(verifier))
        .with_cert_resolver(certificate);
    Ok(acceptor(config))
}

fn config_builder() -> Result<ConfigBuilder<ServerConfig, WantsVerifier>, Error> {
    ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
}

fn acceptor(mut config: ServerConfig) -> TlsAcceptor {
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    TlsAcceptor::from(Arc::new(config))
}

pub(super) fn peer_certificate(connection: &ServerConnection) -> Option<ClientCertificate> {
    let leaf = connection.peer_certificates()?.first()?;
    Some(ClientCertificate(Arc::new(leaf.to_vec())))
}

/// A P-256 key of the software key store, which signs at once: rustls cannot wait.
#[derive(Debug)]
struct TlsKey(Arc<dyn Key>);

impl SigningKey for TlsKey {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        offered
            .contains(&SignatureScheme::ECDSA_NISTP256_SHA256)
            .then(|| Box::new(Self(Arc::clone(&self.0))) as Box<dyn Signer>)
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ECDSA
    }
}

impl Signer for TlsKey {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, Error> {
        self.0
            .sign(KeySignature::EcdsaP256Sha256, message)
            .now_or_never()
            .ok_or_else(|| Error::General("the TLS key must be a software key".to_owned()))?
            .map_err(|error| Error::General(error.to_string()))
    }

    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ECDSA_NISTP256_SHA256
    }
}

/// Asks for a client certificate and accepts any: one that was not issued here proves
/// nothing.
#[derive(Debug)]
struct AskClient {
    provider: Arc<CryptoProvider>,
    authorities: Vec<DistinguishedName>,
}

impl ClientCertVerifier for AskClient {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.authorities
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        // No path validation: `authenticate` accepts only a certificate that this system
        // issued, byte for byte, and that is valid and not revoked now.
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, certificate, signature, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, certificate, signature, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}
