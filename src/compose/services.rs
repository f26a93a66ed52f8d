//! Which services a node runs.

/// A set of services, as in `--only ca,idp,tsa`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Services(u8);

impl Services {
    /// None: what every node has, such as the log and the keys.
    pub(crate) const NONE: Self = Self(0);
    /// The certificate authority.
    pub(crate) const CA: Self = Self(1);
    /// The identity provider.
    pub(crate) const IDP: Self = Self(2);
    /// The time-stamp authority.
    pub(crate) const TSA: Self = Self(4);

    const NAMES: [(&'static str, Self); 3] =
        [("ca", Self::CA), ("idp", Self::IDP), ("tsa", Self::TSA)];

    /// True if this set has all of `other`.
    pub(crate) fn contains(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// Parses names separated by commas.
    pub(crate) fn parse(list: &str) -> Result<Self, String> {
        list.split(',')
            .map(str::trim)
            .try_fold(Self::NONE, |set, name| {
                let known = Self::NAMES.iter().find(|(known, _)| *known == name);
                let (_, service) = known.ok_or_else(|| {
                    let names: Vec<_> = Self::NAMES.iter().map(|(name, _)| *name).collect();
                    format!("unknown service {name:?}; known are {}", names.join(", "))
                })?;
                Ok(Self(set.0 | service.0))
            })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_of_the_services_is_named() {
        let some = Services::parse("ca, tsa").unwrap();
        assert!(some.contains(Services::CA) && some.contains(Services::TSA));
        assert!(!some.contains(Services::IDP));
        let error = Services::parse("ca,mail").unwrap_err();
        assert!(
            error.contains("mail") && error.contains("ca, idp, tsa"),
            "{error}"
        );
    }
}
