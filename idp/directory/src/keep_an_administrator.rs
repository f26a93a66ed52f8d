//! There is always somebody who may do everything.

use platform_store::Tx;

use crate::{Error, User, store};

/// Refuses the change of `user`, which this transaction has made, if no administrator is
/// left.
///
/// # Errors
/// [`Error::LastAdministrator`], and the store's.
pub(crate) async fn keep_an_administrator(tx: &mut Tx<'_>, user: &User) -> Result<(), Error> {
    if store::users::has_administrator(tx).await? {
        Ok(())
    } else {
        Err(Error::LastAdministrator(user.name.clone()))
    }
}
