//! The user of this machine who runs a command.

use platform_access::Caller;

/// The caller of a command that acts in this very process.
pub(crate) fn local_caller() -> Caller {
    Caller::local(user_name(rustix::process::getuid().as_raw()))
}

/// A user's name from /etc/passwd, or the number if it is not there.
pub(crate) fn user_name(uid: u32) -> String {
    let number = uid.to_string();
    std::fs::read_to_string("/etc/passwd")
        .ok()
        .and_then(|passwd| {
            passwd.lines().find_map(|line| {
                let mut fields = line.split(':');
                let name = fields.next()?;
                (fields.nth(1)? == number).then(|| name.to_owned())
            })
        })
        .unwrap_or(number)
}
