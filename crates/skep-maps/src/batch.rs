//! Look-up batches of hashes, which go by bucket; those of other types go by key and need nothing from a map.

/// A map whose look-up batches go by bucket.
pub trait BucketWalk {
    /// How many buckets there are, as clients count them.
    fn bucket_count(&self) -> u32;

    /// Copies the elements of a few buckets from `from` on, as far as whole buckets have no more than `room` elements
    /// together; with [`AndThen::Remove`] they are taken out.
    fn copy_buckets(
        &self,
        from: u32,
        room: usize,
        and_then: AndThen,
        flags: u64,
        out: &mut Copies,
    ) -> Reached;
}

/// What happens to elements that were copied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum AndThen {
    /// They stay.
    Keep,
    /// They are taken out, at the same moment.
    Remove,
}

/// How far a step came.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reached {
    /// This bucket is next; it may be one behind the last.
    Bucket(u32),
    /// This bucket is next, and has more elements than there was room for.
    TooFull(u32),
}

/// Keys and values, one after the other.
#[derive(Debug)]
pub struct Copies {
    /// The keys.
    pub keys: Vec<u8>,
    /// As many values, as system calls see them.
    pub values: Vec<u8>,
    key_size: usize,
    value_size: usize,
}

impl Copies {
    /// None, of these sizes.
    pub fn new(key_size: usize, value_size: usize) -> Self {
        Self {
            keys: Vec::new(),
            values: Vec::new(),
            key_size,
            value_size,
        }
    }

    /// How many there are. (Keys of maps with batches have bytes.)
    pub fn len(&self) -> usize {
        self.keys.len().checked_div(self.key_size).unwrap_or(0)
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Bytes of all.
    pub fn bytes(&self) -> usize {
        self.keys.len() + self.values.len()
    }

    /// Adds one: zeroed places for its key and its value.
    pub fn add(&mut self) -> (&mut [u8], &mut [u8]) {
        let (key, value) = (self.keys.len(), self.values.len());
        self.keys.resize(key + self.key_size, 0);
        self.values.resize(value + self.value_size, 0);
        (
            self.keys.get_mut(key..).unwrap_or_default(),
            self.values.get_mut(value..).unwrap_or_default(),
        )
    }

    /// Takes the last one back.
    pub fn undo(&mut self) {
        let keys = self.keys.len().saturating_sub(self.key_size);
        let values = self.values.len().saturating_sub(self.value_size);
        self.keys.truncate(keys);
        self.values.truncate(values);
    }

    /// Forgets all.
    pub fn clear(&mut self) {
        self.keys.clear();
        self.values.clear();
    }
}
