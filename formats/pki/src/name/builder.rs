//! Names of our own making, held to the upper bounds.

use asn1::tag;
use const_oid::ObjectIdentifier;

use super::{ATTRIBUTES, Attribute, Name, is_printable_string, row};
use crate::{Error, Result, oid};

/// Collects attributes; [`NameBuilder::build`] returns the first error.
#[derive(Clone, Debug, Default)]
pub struct NameBuilder {
    rdns: Vec<Vec<Attribute>>,
    error: Option<Error>,
}

impl NameBuilder {
    /// Adds an RDN of one attribute of any type in the table of attributes.
    #[must_use]
    pub fn attribute(mut self, oid: ObjectIdentifier, value: &str) -> Self {
        match check(oid, value) {
            Ok(attribute) => self.rdns.push(vec![attribute]),
            Err(error) => {
                self.error.get_or_insert(error);
            }
        }
        self
    }

    /// Adds countryName: two letters.
    #[must_use]
    pub fn country(self, value: &str) -> Self {
        self.attribute(oid::COUNTRY, value)
    }

    /// Adds stateOrProvinceName.
    #[must_use]
    pub fn state(self, value: &str) -> Self {
        self.attribute(oid::STATE, value)
    }

    /// Adds localityName.
    #[must_use]
    pub fn locality(self, value: &str) -> Self {
        self.attribute(oid::LOCALITY, value)
    }

    /// Adds organizationName.
    #[must_use]
    pub fn organization(self, value: &str) -> Self {
        self.attribute(oid::ORGANIZATION, value)
    }

    /// Adds organizationalUnitName.
    #[must_use]
    pub fn organizational_unit(self, value: &str) -> Self {
        self.attribute(oid::ORGANIZATIONAL_UNIT, value)
    }

    /// Adds commonName.
    #[must_use]
    pub fn common_name(self, value: &str) -> Self {
        self.attribute(oid::COMMON_NAME, value)
    }

    /// Adds serialNumber, which distinguishes people of the same name.
    #[must_use]
    pub fn serial_number(self, value: &str) -> Self {
        self.attribute(oid::SERIAL_NUMBER, value)
    }

    /// Adds emailAddress. New certificates carry it as a subjectAltName instead (RFC 5280 §4.1.2.6).
    #[must_use]
    pub fn email_address(self, value: &str) -> Self {
        self.attribute(oid::EMAIL_ADDRESS, value)
    }

    /// Adds userId.
    #[must_use]
    pub fn user_id(self, value: &str) -> Self {
        self.attribute(oid::USER_ID, value)
    }

    /// The name.
    ///
    /// # Errors
    /// [`Error::Invalid`] with the first attribute that is empty, too long or of
    /// characters that its type does not have.
    pub fn build(self) -> Result<Name> {
        match self.error {
            Some(error) => Err(error),
            None => Ok(Name::from_rdns(self.rdns)),
        }
    }

    pub(super) fn rdn(mut self, rdn: &[(ObjectIdentifier, String)]) -> Self {
        let checked: Result<Vec<_>> = rdn.iter().map(|(oid, value)| check(*oid, value)).collect();
        match checked {
            Ok(rdn) => self.rdns.push(rdn),
            Err(error) => {
                self.error.get_or_insert(error);
            }
        }
        self
    }
}

/// One attribute, held to what its type allows.
fn check(oid: ObjectIdentifier, value: &str) -> Result<Attribute> {
    let Some(row) = row(oid) else {
        let known: Vec<_> = ATTRIBUTES.iter().map(|row| row.keyword).collect();
        return Err(Error::invalid(
            "attribute type",
            format!("{oid} is none of {}", known.join(", ")),
        ));
    };
    if value.trim().is_empty() {
        return Err(Error::invalid(row.name, "empty"));
    }
    if let Some(control) = value.chars().find(|c| c.is_control()) {
        return Err(Error::invalid(
            row.name,
            format!("control character {control:?}"),
        ));
    }
    let length = value.chars().count();
    if length > row.upper_bound {
        return Err(Error::invalid(
            row.name,
            format!("{length} characters, the limit is {}", row.upper_bound),
        ));
    }
    if row.tag == tag::PRINTABLE_STRING && !is_printable_string(value) {
        return Err(Error::invalid(
            row.name,
            "characters beyond letters, digits and '()+,-./:=?",
        ));
    }
    if row.tag == tag::IA5_STRING && !value.is_ascii() {
        return Err(Error::invalid(row.name, "characters beyond ASCII"));
    }
    if oid == oid::COUNTRY && !(length == 2 && value.bytes().all(|b| b.is_ascii_uppercase())) {
        return Err(Error::invalid(
            row.name,
            "not two capital letters (ISO 3166-1)",
        ));
    }
    Ok(Attribute {
        oid,
        value: value.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn chinese_names_count_characters() {
        let name = Name::from_common_name(&"信".repeat(64)).unwrap();
        assert_eq!(Name::from_der(name.der()).unwrap(), name);
        let error = Name::from_common_name(&"信".repeat(65)).unwrap_err();
        assert_eq!(
            error.to_string(),
            "commonName: 65 characters, the limit is 64"
        );
    }

    #[test]
    fn values_that_their_type_cannot_hold_are_refused() {
        for builder in [
            Name::builder().country("cn"),
            Name::builder().country("CHN"),
            Name::builder().serial_number("编号"),
            Name::builder().serial_number("a@b"),
            Name::builder().email_address("张@example.org"),
            Name::builder().common_name("  "),
            Name::builder().common_name("a\u{0}b"),
            Name::builder().attribute(oid::KEY_USAGE, "x"),
        ] {
            assert!(builder.build().is_err());
        }
    }
}
