//! Facts distributed over temporary files by their key.

use std::{
    collections::HashMap,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    io::{self, BufReader, BufWriter, Read, Seek as _, Write as _},
};

use platform_store::StoreError;
use tempfile::SpooledTempFile;

use super::Fact;

/// Into how many files facts are distributed.
const PARTS: u64 = 64;
/// What a file holds in memory before it is written to disk.
const SPOOL: usize = 64 * 1024;
/// A larger file is distributed again before it is compared.
const LARGE: u64 = 8 * 1024 * 1024;
/// How often at most, so that many facts with one key do not recurse endlessly.
const DEPTH: u32 = 4;
/// Written instead of a length for a removed record.
const REMOVED: u32 = u32::MAX;

/// Compares the two sides of one record: collection, key, logged, stored.
pub(super) type Compare<'f> = dyn FnMut(u32, &str, Option<&str>, Option<&str>) + 'f;

/// The facts of one side, in the order in which they were added.
#[derive(Debug)]
pub(super) struct Partitions {
    depth: u32,
    parts: Vec<Option<Part>>,
}

#[derive(Debug)]
struct Part {
    file: BufWriter<SpooledTempFile>,
    bytes: u64,
}

/// A fact as it is read back.
struct StoredFact {
    collection: u32,
    key: String,
    value: Option<String>,
}

impl Partitions {
    pub(super) fn new(depth: u32) -> Self {
        Self {
            depth,
            parts: (0..PARTS).map(|_| None).collect(),
        }
    }

    pub(super) fn add(&mut self, collection: u32, fact: &Fact) -> Result<(), StoreError> {
        self.write(collection, &fact.key, fact.value.as_deref())
            .map_err(no_room)
    }

    fn write(&mut self, collection: u32, key: &str, value: Option<&str>) -> io::Result<()> {
        let mut hasher = DefaultHasher::new();
        (self.depth, collection, key).hash(&mut hasher);
        let part = &mut self.parts[(hasher.finish() % PARTS) as usize];
        let part = part.get_or_insert_with(|| Part {
            file: BufWriter::new(SpooledTempFile::new(SPOOL)),
            bytes: 0,
        });
        let length = value.map_or(REMOVED, |value| value.len() as u32);
        for number in [collection, key.len() as u32, length] {
            part.file.write_all(&number.to_le_bytes())?;
        }
        part.file.write_all(key.as_bytes())?;
        part.file.write_all(value.unwrap_or_default().as_bytes())?;
        part.bytes += (12 + key.len() + value.map_or(0, str::len)) as u64;
        Ok(())
    }
}

impl Part {
    /// Calls `take` with each fact, in the order in which they were added.
    fn read(self, mut take: impl FnMut(StoredFact) -> io::Result<()>) -> io::Result<()> {
        let mut file = self
            .file
            .into_inner()
            .map_err(io::IntoInnerError::into_error)?;
        file.rewind()?;
        let mut file = BufReader::new(file);
        let mut left = self.bytes;
        while left > 0 {
            let collection = number(&mut file)?;
            let (key, value) = (number(&mut file)?, number(&mut file)?);
            let fact = StoredFact {
                collection,
                key: text(&mut file, key)?,
                value: match value {
                    REMOVED => None,
                    length => Some(text(&mut file, length)?),
                },
            };
            left -= (12 + fact.key.len() + fact.value.as_ref().map_or(0, String::len)) as u64;
            take(fact)?;
        }
        Ok(())
    }
}

fn number(file: &mut impl Read) -> io::Result<u32> {
    let mut bytes = [0; 4];
    file.read_exact(&mut bytes)?;
    Ok(u32::from_le_bytes(bytes))
}

fn text(file: &mut impl Read, length: u32) -> io::Result<String> {
    let mut bytes = vec![0; length as usize];
    file.read_exact(&mut bytes)?;
    String::from_utf8(bytes).map_err(io::Error::other)
}

/// Compares the facts of both sides, key by key.
pub(super) fn compare(
    logged: Partitions,
    stored: Partitions,
    take: &mut Compare<'_>,
) -> Result<(), StoreError> {
    let depth = logged.depth;
    for (logged, stored) in logged.parts.into_iter().zip(stored.parts) {
        let bytes = |part: &Option<Part>| part.as_ref().map_or(0, |part| part.bytes);
        if bytes(&logged) + bytes(&stored) > LARGE && depth < DEPTH {
            let again = |part| distribute(part, depth + 1).map_err(no_room);
            compare(again(logged)?, again(stored)?, take)?;
        } else {
            compare_in_memory(logged, stored, take).map_err(no_room)?;
        }
    }
    Ok(())
}

fn distribute(part: Option<Part>, depth: u32) -> io::Result<Partitions> {
    let mut partitions = Partitions::new(depth);
    if let Some(part) = part {
        part.read(|fact| partitions.write(fact.collection, &fact.key, fact.value.as_deref()))?;
    }
    Ok(partitions)
}

fn compare_in_memory(
    logged: Option<Part>,
    stored: Option<Part>,
    take: &mut Compare<'_>,
) -> io::Result<()> {
    type Sides = (Option<String>, Option<String>);
    let mut records: HashMap<(u32, String), Sides> = HashMap::new();
    if let Some(logged) = logged {
        logged.read(|fact| {
            records.entry((fact.collection, fact.key)).or_default().0 = fact.value;
            Ok(())
        })?;
    }
    if let Some(stored) = stored {
        stored.read(|fact| {
            records.entry((fact.collection, fact.key)).or_default().1 = fact.value;
            Ok(())
        })?;
    }
    for ((collection, key), (logged, stored)) in &records {
        if logged.is_some() || stored.is_some() {
            take(*collection, key, logged.as_deref(), stored.as_deref());
        }
    }
    Ok(())
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn no_room(error: io::Error) -> StoreError {
    StoreError::Unavailable(format!("a temporary file: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn both(logged: &[Fact], stored: &[Fact]) -> Vec<String> {
        let fill = |facts: &[Fact]| {
            let mut partitions = Partitions::new(0);
            for fact in facts {
                partitions.add(0, fact).unwrap();
            }
            partitions
        };
        let mut found = Vec::new();
        compare(fill(logged), fill(stored), &mut |_, key, logged, stored| {
            if logged != stored {
                found.push(format!("{key}: {logged:?} {stored:?}"));
            }
        })
        .unwrap();
        found.sort();
        found
    }

    #[test]
    fn the_last_fact_of_a_key_counts() {
        let logged = [
            Fact::new("c", "a", "1"),
            Fact::new("c", "a", "2"),
            Fact::new("c", "b", "1"),
            Fact::removed("c", "b"),
            Fact::removed("c", "d"),
        ];
        let stored = [Fact::new("c", "a", "2"), Fact::new("c", "e", "3")];
        assert_eq!(both(&logged, &stored), ["e: None Some(\"3\")"]);
    }

    #[test]
    fn more_than_fits_in_memory_is_compared_in_parts() {
        let facts = |skip: usize| {
            let all = (0..200_000_usize).filter(move |n| *n != skip);
            let value = "x".repeat(64);
            all.map(|n| Fact::new("c", format!("key-{n}"), format!("{value}{n}")))
                .collect::<Vec<_>>()
        };
        let found = both(&facts(7), &facts(199_999));
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].starts_with("key-199999: Some"), "{found:?}");
        assert!(found[1].starts_with("key-7: None"), "{found:?}");
    }
}
