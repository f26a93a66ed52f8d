//! Rights that are handed on.

use platform::{
    Actor, Caller,
    access::{Denied, Grants},
};

use crate::Error;

/// Reads a list of actions, each a name, a prefix that ends in `.*`, or `*`.
pub(crate) fn parse_grants(list: &[String]) -> Result<Grants, Error> {
    for grant in list {
        let body = grant.strip_suffix(".*").unwrap_or(grant);
        let named = !body.is_empty()
            && body.len() <= 64
            && body.split('.').all(|part| {
                !part.is_empty()
                    && part
                        .bytes()
                        .all(|byte| byte.is_ascii_lowercase() || byte == b'_')
            });
        if !named && grant != "*" {
            return Err(Error::invalid(
                "grants",
                format!(
                    "{grant:?} is not an action such as ca.certificate.issue, a prefix such as ca.*, or *"
                ),
            ));
        }
    }
    if list.len() > 64 {
        return Err(Error::invalid("grants", "at most 64"));
    }
    Ok(Grants::parse(&list.join(" ")))
}

/// Whether `caller` holds all that it is about to give, or take charge of.
///
/// Who may add users must not thereby gain rights that nobody gave them.
pub(crate) fn may_hand_on(caller: &Caller, grants: &Grants) -> Result<(), Denied> {
    let own = match &caller.actor {
        Actor::System | Actor::Local { .. } => return Ok(()),
        Actor::User { permissions, .. }
        | Actor::Client { permissions, .. }
        | Actor::Certificate { permissions, .. } => permissions.clone(),
        Actor::Anonymous => Grants::default(),
    };
    if grants
        .to_string()
        .split_whitespace()
        .all(|grant| own.cover(grant))
    {
        Ok(())
    } else {
        Err(Denied {
            actor: caller.actor.to_string(),
            action: "hand on rights that it does not hold",
        })
    }
}

/// What both lists allow: the rights of a user who acts through a client.
pub(crate) fn intersect(user: &Grants, client: &Grants) -> Grants {
    let mut both = Vec::new();
    for (list, other) in [(user, client), (client, user)] {
        for grant in list.to_string().split_whitespace() {
            if other.cover(grant) && !both.iter().any(|known| known == grant) {
                both.push(grant.to_owned());
            }
        }
    }
    Grants::parse(&both.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Vec<String> {
        text.split(' ').map(str::to_owned).collect()
    }

    #[test]
    fn only_actions_and_their_prefixes_are_grants() {
        assert!(parse_grants(&list("ca.certificate.issue idp.* *")).is_ok());
        for bad in [
            "",
            "ca.",
            ".*",
            "ca.*.issue",
            "CA.issue",
            "ca issue",
            "ca.cert*",
        ] {
            assert!(parse_grants(&[bad.to_owned()]).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_user_through_a_client_may_what_both_may() {
        let both =
            |user, client| intersect(&Grants::parse(user), &Grants::parse(client)).to_string();
        assert_eq!(both("*", "ca.certificate.*"), "ca.certificate.*");
        assert_eq!(
            both("ca.*", "ca.certificate.issue tsa.*"),
            "ca.certificate.issue"
        );
        assert_eq!(both("ca.*", "ca.*"), "ca.*");
        assert_eq!(both("ca.*", "idp.*"), "");
        assert_eq!(both("ca.*", "*"), "ca.*");
    }

    #[test]
    fn nobody_hands_on_more_than_they_hold() {
        let caller = Caller {
            actor: Actor::Client {
                id: "c".into(),
                permissions: Grants::parse("idp.* ca.certificate.issue"),
            },
            request_id: String::new(),
            address: None,
        };
        assert!(may_hand_on(&caller, &Grants::parse("idp.user.add ca.certificate.issue")).is_ok());
        assert!(may_hand_on(&caller, &Grants::parse("ca.*")).is_err());
        assert!(may_hand_on(&caller, &Grants::parse("*")).is_err());
        assert!(may_hand_on(&Caller::local("root"), &Grants::parse("*")).is_ok());
    }
}
