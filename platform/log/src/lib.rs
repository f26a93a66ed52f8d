#![forbid(unsafe_code)]
//! One provable log of everything that is done (rule 4).
//!
//! An [`Entry`] is committed with what it records. The [`Sequencer`] gives it a leaf in
//! an append-only [`merkle`] tree, and signs the tree's head as a [`checkpoint`].
//! [`Entries`] reads the log in order; [`verify()`] recomputes all of it from the
//! database, and compares the services' tables with it ([`RecordCheck`]).

mod body;
mod by_action;
pub mod checkpoint;
mod entries;
mod entry;
mod list;
pub mod merkle;
mod placement;
mod records;
mod report;
mod sequencer;
mod stream;
mod verify;

pub use body::{Outcome, RecordedActor, RecordedEntry};
pub use by_action::ActionBlocks;
pub use entries::{Entries, StoredEntry};
pub use entry::{AuditSink, ENTRIES, Entry, Principal, RecordEntry, Requester, Subject};
pub use list::{Cursor, InvalidCursor, ListQuery, ListedEntry, list, newest};
pub use records::{Comparison, Fact, FactSink, PrincipalFacts, RecordCheck};
pub use report::{Progress, Report};
pub use sequencer::{Sequencer, SequencerError, create, latest_checkpoint};
pub use stream::{ENTRY_NUMBERING, Streams};
pub use verify::verify;
