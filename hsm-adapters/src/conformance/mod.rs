//! What every adapter must pass.
//!
//! The tests run the same suite on the software key store and on SoftHSM2, and an
//! operator runs it on a real device with `xinshu hsm test`. Its keys are named
//! `conformance-…` and destroyed at the end.

mod cases;
mod openssl;
mod secrets;

use std::{fmt, sync::Arc};

use async_trait::async_trait;

pub use self::openssl::OpenSsl;
use crate::{KeyError, KeyStore};
use crypto::{EncryptionAlgorithm, KeyAlgorithm, SignatureAlgorithm};

/// The adapter under test, as it is opened.
#[async_trait]
pub trait Subject: Sync {
    /// Opens the adapter, as at a start of the process.
    ///
    /// # Errors
    /// Any [`KeyError`].
    async fn open(&self) -> Result<Arc<dyn KeyStore>, KeyError>;

    /// Opens it with a wrong PIN or passphrase; `None` if that must not be
    /// tried, since a device counts wrong PINs.
    async fn open_with_wrong_pin(&self) -> Option<Result<Arc<dyn KeyStore>, KeyError>> {
        None
    }
}

/// An implementation of the algorithms that is independent of the adapter.
pub trait Reference: Sync {
    /// Checks `signature` over `message` by a DER SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// Why it does not verify.
    fn verify(
        &self,
        public_key: &[u8],
        algorithm: SignatureAlgorithm,
        message: &[u8],
        signature: &[u8],
    ) -> Result<(), String>;

    /// Encrypts `message` to a DER SubjectPublicKeyInfo.
    ///
    /// # Errors
    /// Why it cannot.
    fn encrypt(
        &self,
        public_key: &[u8],
        algorithm: EncryptionAlgorithm,
        message: &[u8],
    ) -> Result<Vec<u8>, String>;

    /// Generates a key pair on the same curve: its DER SubjectPublicKeyInfo, and the
    /// secret that it agrees on with `public_key`.
    ///
    /// # Errors
    /// Why it cannot.
    fn agree(
        &self,
        public_key: &[u8],
        algorithm: KeyAlgorithm,
    ) -> Result<(Vec<u8>, Vec<u8>), String>;
}

/// How one case ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As required.
    Passed,
    /// Not as required, and how.
    Failed(String),
    /// The case does not apply to this adapter, and why.
    NotApplicable(String),
}

/// One case and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseResult {
    /// What was tried.
    pub name: String,
    /// How it ended.
    pub outcome: Outcome,
}

/// All cases, in the order they ran.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// The cases.
    pub cases: Vec<CaseResult>,
}

impl Report {
    /// True if no case failed.
    pub fn passed(&self) -> bool {
        !self
            .cases
            .iter()
            .any(|case| matches!(case.outcome, Outcome::Failed(_)))
    }
}

impl fmt::Display for CaseResult {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.outcome {
            Outcome::Passed => write!(f, "passed          {}", self.name),
            Outcome::Failed(reason) => write!(f, "FAILED          {}: {reason}", self.name),
            Outcome::NotApplicable(why) => write!(f, "not applicable  {}: {why}", self.name),
        }
    }
}

/// Runs every case on `subject` and reports each result at once.
///
/// # Errors
/// The adapter's, if it does not open at all.
pub async fn run(
    subject: &dyn Subject,
    reference: &dyn Reference,
    report_case: &mut (dyn FnMut(&CaseResult) + Send),
) -> Result<Report, KeyError> {
    let mut suite = cases::Suite::open(subject, reference).await?;
    let mut report = Report::default();
    let mut note = |name: String, outcome: Outcome| {
        let case = CaseResult { name, outcome };
        report_case(&case);
        report.cases.push(case);
    };
    for algorithm in suite.algorithms().await? {
        note(
            format!("generate {algorithm}"),
            suite.generate(algorithm).await,
        );
    }
    for (key, signature) in suite.signatures() {
        let outcome = suite.sign(&key, signature).await;
        note(
            format!("sign with {} by {signature}", key.algorithm()),
            outcome,
        );
    }
    for (name, outcome) in secrets::run(suite.store(), reference, suite.name_of_run()).await {
        note(name, outcome);
    }
    note("unknown key".to_owned(), suite.unknown_key().await);
    note("destroyed key".to_owned(), suite.destroyed_key().await);
    note("64 tasks sign at once".to_owned(), suite.many_tasks().await);
    note("a cancelled call".to_owned(), suite.caller_gives_up().await);
    note(
        "recovery after a lost session".to_owned(),
        suite.lost_session().await,
    );
    note("wrong PIN".to_owned(), suite.wrong_pin().await);
    note("find after a restart".to_owned(), suite.restart().await);
    note("clean up".to_owned(), suite.clean_up().await);
    Ok(report)
}
