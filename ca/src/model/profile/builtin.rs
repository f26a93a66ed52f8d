//! The profiles that are compiled into the program: every file of `ca/profiles/`.

use std::{collections::BTreeMap, sync::Arc};

use jiff::SignedDuration;

use super::{CertificateProfile, IssuedTo};
use crate::error::{Error, ProfileFileError};

/// Name and text of each file, written by `build.rs`.
const FILES: &[(&str, &str)] = &include!(concat!(env!("OUT_DIR"), "/profiles.rs"));

/// The profiles of an installation, by name.
#[derive(Clone, Debug, Default)]
pub struct Profiles(BTreeMap<String, Arc<CertificateProfile>>);

impl Profiles {
    /// Those that are compiled in.
    ///
    /// # Errors
    /// Never in a released program: a test reads every file.
    pub fn builtin() -> Result<Self, ProfileFileError> {
        let mut profiles = Self::default();
        for (file, text) in FILES {
            profiles.insert(CertificateProfile::parse(file, text)?);
        }
        Ok(profiles)
    }

    /// Adds a profile; one of the same name is replaced.
    pub fn insert(&mut self, profile: CertificateProfile) {
        self.0.insert(profile.name.clone(), Arc::new(profile));
    }

    /// Sets how long certificates of a profile live, as a setting may.
    pub fn set_lifetime(&mut self, name: &str, lifetime: SignedDuration) {
        if let Some(profile) = self.0.get_mut(name) {
            Arc::make_mut(profile).lifetime = lifetime;
        }
    }

    /// The profile of this name.
    ///
    /// # Errors
    /// [`Error::NoSuchProfile`] with the names that requesters may use.
    pub fn get(&self, name: &str) -> Result<Arc<CertificateProfile>, Error> {
        self.0.get(name).cloned().ok_or_else(|| self.unknown())
    }

    /// The profile of this name, if requesters may use it.
    ///
    /// # Errors
    /// [`Error::NoSuchProfile`] with the names that they may use.
    pub fn for_requester(&self, name: &str) -> Result<Arc<CertificateProfile>, Error> {
        let profile = self.get(name)?;
        if profile.issued_to == IssuedTo::Requester {
            Ok(profile)
        } else {
            Err(self.unknown())
        }
    }

    /// Every profile, by name.
    pub fn iter(&self) -> impl Iterator<Item = &Arc<CertificateProfile>> {
        self.0.values()
    }

    fn unknown(&self) -> Error {
        let known: Vec<_> = self
            .iter()
            .filter(|profile| profile.issued_to == IssuedTo::Requester)
            .map(|profile| profile.name.as_str())
            .collect();
        Error::NoSuchProfile {
            known: known.join(", "),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Adding a profile is adding a file: nothing else lists their names.
    #[test]
    fn every_file_is_a_profile_of_its_name() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/profiles");
        let mut files: Vec<_> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        let profiles = Profiles::builtin().unwrap();
        let names: Vec<_> = profiles
            .iter()
            .map(|profile| format!("{}.toml", profile.name))
            .collect();
        assert_eq!(names, files);
    }

    #[test]
    fn requesters_use_their_profiles_only() {
        let profiles = Profiles::builtin().unwrap();
        profiles.for_requester("person").unwrap();
        for name in ["root", "ocsp-responder", "emperor"] {
            let error = profiles.for_requester(name).unwrap_err().to_string();
            assert!(error.contains("person, tls-server"), "{error}");
        }
    }
}
