//! RFC 6962 §2.1 hashing over an append-only list.

use aws_lc_rs::digest::{Context, SHA256};

/// A node's hash.
pub type Hash = [u8; 32];

/// SHA-256 over the parts in order.
pub fn sha256(parts: &[&[u8]]) -> Hash {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut out = [0; 32];
    out.copy_from_slice(context.finish().as_ref());
    out
}

/// The hash of a leaf: `SHA-256(0x00 || entry)`.
pub fn leaf(entry: &[u8]) -> Hash {
    sha256(&[&[0], entry])
}

fn node(left: &Hash, right: &Hash) -> Hash {
    sha256(&[&[1], left, right])
}

/// The state that is enough to append: the roots of the perfect subtrees,
/// largest first. It grows with the logarithm of the list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    roots: Vec<Hash>,
}

impl Frontier {
    /// Takes a stored state; none where size and bytes do not fit each other.
    pub fn decode(size: u64, bytes: &[u8]) -> Option<Self> {
        let (roots, rest) = bytes.as_chunks::<32>();
        let fits = rest.is_empty() && roots.len() == size.count_ones() as usize;
        fits.then(|| Self {
            size,
            roots: roots.to_vec(),
        })
    }

    /// The bytes to store.
    pub fn encode(&self) -> Vec<u8> {
        self.roots.concat()
    }

    /// How many leaves were appended.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends one leaf's hash.
    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        // Each trailing one bit of the size is a perfect subtree to join with.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.roots.pop() {
                hash = node(&left, &hash);
            }
        }
        self.roots.push(hash);
        self.size += 1;
    }

    /// The root; of the empty tree, the hash of nothing (RFC 6962 §2.1).
    pub fn root(&self) -> Hash {
        let mut roots = self.roots.iter().rev();
        let Some(smallest) = roots.next() else {
            return sha256(&[]);
        };
        roots.fold(*smallest, |right, left| node(left, &right))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The definition of RFC 6962 §2.1, literally.
    fn by_definition(leaves: &[&[u8]]) -> Hash {
        match leaves {
            [] => sha256(&[]),
            [one] => leaf(one),
            many => {
                let k = many.len().next_power_of_two() / 2;
                node(&by_definition(&many[..k]), &by_definition(&many[k..]))
            }
        }
    }

    #[test]
    fn the_frontier_agrees_with_the_definition() {
        let entries: Vec<Vec<u8>> = (0..70u8).map(|n| vec![n; usize::from(n)]).collect();
        let mut frontier = Frontier::default();
        for size in 0..entries.len() {
            let leaves: Vec<&[u8]> = entries[..size].iter().map(Vec::as_slice).collect();
            assert_eq!(frontier.root(), by_definition(&leaves), "size {size}");
            let stored = Frontier::decode(size as u64, &frontier.encode());
            assert_eq!(stored.as_ref(), Some(&frontier));
            frontier.push(leaf(&entries[size]));
        }
    }

    /// Known answers published with the RFC 6962 reference implementation.
    #[test]
    fn known_roots() {
        let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(hex::encode(Frontier::default().root()), empty);
        let mut one = Frontier::default();
        one.push(leaf(b""));
        let expected = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d";
        assert_eq!(hex::encode(one.root()), expected);
    }
}
