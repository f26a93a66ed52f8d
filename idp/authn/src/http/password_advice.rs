//! What is wrong with a new password, in the reader's language.

use platform_pages::BrowserRequest;

use crate::WeakPassword;

pub(super) fn password_advice(browser: &BrowserRequest, weak: WeakPassword) -> String {
    let texts = browser.texts;
    match weak {
        WeakPassword::TooShort { min } => {
            texts.tr_with("password-too-short", &[("min", min.into())])
        }
        WeakPassword::TooLong { max } => texts.tr_with("password-too-long", &[("max", max.into())]),
        WeakPassword::TooCommon => texts.tr("password-too-common").into_owned(),
        WeakPassword::Repetitive => texts.tr("password-repetitive").into_owned(),
        WeakPassword::Name => texts.tr("password-is-a-name").into_owned(),
    }
}
