//! TLS 1.2 and 1.3: this server's certificate, swapped while running, and the
//! client's, asked for and never required.

use std::sync::Arc;

use arc_swap::ArcSwapOption;
use crypto::SignatureAlgorithm as KeySignature;
use futures_util::FutureExt as _;
use hsm_adapters::Key;
use rustls::{
    DigitallySignedStruct, DistinguishedName, Error, ServerConfig, ServerConnection,
    SignatureAlgorithm, SignatureScheme,
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

/// The certificate that a client showed. That its holder has the private key is
/// proved by the handshake; whose it is, is asked from the certificate authority.
#[derive(Clone, Debug)]
pub(crate) struct ClientCertificate(pub(crate) Arc<Vec<u8>>);

/// This server's certificate now.
#[derive(Debug, Default)]
pub(crate) struct ServerCertificate {
    current: ArcSwapOption<CertifiedKey>,
}

impl ServerCertificate {
    /// Puts a certificate chain, leaf first, in place; connections from now on get it.
    pub(crate) fn replace(&self, chain: Vec<Vec<u8>>, key: Arc<dyn Key>) {
        let chain = chain.into_iter().map(CertificateDer::from).collect();
        let key = Arc::new(TlsKey(key));
        self.current
            .store(Some(Arc::new(CertifiedKey::new(chain, key))));
    }
}

impl ResolvesServerCert for ServerCertificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        self.current.load_full()
    }
}

pub(super) fn acceptor(certificate: Arc<ServerCertificate>) -> Result<TlsAcceptor, Error> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let verifier = AskClient {
        provider: Arc::clone(&provider),
    };
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])?
        .with_client_cert_verifier(Arc::new(verifier))
        .with_cert_resolver(certificate);
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(TlsAcceptor::from(Arc::new(config)))
}

pub(super) fn peer_certificate(connection: &ServerConnection) -> Option<ClientCertificate> {
    let leaf = connection.peer_certificates()?.first()?;
    Some(ClientCertificate(Arc::new(leaf.to_vec())))
}

/// A P-256 key of the software keystore, which signs at once: rustls cannot wait.
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

/// Asks for a client certificate and takes any: a stranger's proves nothing.
#[derive(Debug)]
struct AskClient {
    provider: Arc<CryptoProvider>,
}

impl ClientCertVerifier for AskClient {
    fn client_auth_mandatory(&self) -> bool {
        false
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        // Not path validation: `authenticate` takes only a certificate that this
        // very authority issued, byte for byte, and that is good today.
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
