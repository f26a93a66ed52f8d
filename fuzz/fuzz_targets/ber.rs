//! BER of any form: the elements of requests that other people's tools write.
#![no_main]

use asn1::BerCursor;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut levels = vec![data];
    while let Some(contents) = levels.pop() {
        let mut cursor = BerCursor::new(contents);
        let mut read = 0;
        while let Ok(element) = cursor.any() {
            // Elements follow each other without gaps, and each contains its value.
            assert_eq!(&contents[read..][..element.encoding.len()], element.encoding);
            assert!(element.value.len() < element.encoding.len());
            read += element.encoding.len();
            if element.tag & 0x20 != 0 {
                levels.push(element.value);
            }
        }
    }
});
