//! A sign-in in progress.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// What is still missing before an interaction can be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The user must sign in, or sign in again.
    SignIn,
    /// The user must be asked.
    Consent,
}

/// What the sign-in page shows of the application, and where it leads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInPage {
    /// The application's name.
    pub client: Option<String>,
    /// What to write into the user name's field.
    pub login_hint: Option<String>,
    /// Sources for `form-action` besides our own: where redirects after the form lead.
    pub form_action: Vec<String>,
    /// The path where the interaction continues, to which its id is added.
    pub continue_at: String,
    /// The path that takes the form by which the user declines: `request` and `answer=deny`.
    /// None for interactions that were stored before there was one.
    #[serde(default)]
    pub decline_at: Option<String>,
}

/// An interaction about to be stored.
#[derive(Clone, Debug)]
pub struct NewInteraction {
    /// The parsed request, in the form of the caller that stores it.
    pub request: String,
    /// For the sign-in page.
    pub page: SignInPage,
    /// What is missing.
    pub missing: Missing,
    /// The session whose user is asked, if it is consent that is missing.
    pub session_id: Option<String>,
}

/// A stored interaction that has not expired.
#[derive(Clone, Debug)]
pub struct Interaction {
    /// What pages and addresses carry.
    pub id: String,
    /// As in [`NewInteraction`].
    pub request: String,
    /// As in [`NewInteraction`].
    pub page: SignInPage,
    /// What was missing when it was last looked at.
    pub missing: Missing,
    /// The session in which the user signed in for this interaction, or whose user is asked.
    pub session_id: Option<String>,
    /// When it was stored.
    pub created_at: Timestamp,
}

impl Missing {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Consent => "consent",
        }
    }

    pub(crate) fn from_name(name: &str) -> Option<Self> {
        match name {
            "sign_in" => Some(Self::SignIn),
            "consent" => Some(Self::Consent),
            _ => None,
        }
    }
}

impl Interaction {
    /// The address of its sign-in page.
    pub fn sign_in_again_at(&self) -> String {
        Self::sign_in_at(&self.id, None)
    }

    /// The address where it continues.
    pub fn continue_at(&self) -> String {
        oauth::append_query(&self.page.continue_at, &[("request", &self.id)])
    }

    /// The address of its sign-in page.
    pub fn sign_in_at(id: &str, ui_locales: Option<&str>) -> String {
        let mut fields = vec![("request", id)];
        fields.extend(ui_locales.map(|locales| ("ui_locales", locales)));
        oauth::append_query("/sign-in", &fields)
    }
}
