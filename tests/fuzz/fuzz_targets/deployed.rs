//! Outputs of the AWS CLI: up to six in one input, three in each folder.
#![no_main]

mod several;

use apigateway_definition::Import;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let import =
        several::files(data).into_iter().take(6).enumerate().fold(Import::new(), |import, (index, file)| {
            import.file(format!("{}/{index}.json", index / 3), file)
        });
    several::read(&import);
});
