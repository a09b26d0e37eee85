//! States and plans of Terraform, and stacks of Pulumi.
#![no_main]

mod several;

use apigateway_definition::Import;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let files = several::files(data).into_iter().take(2).enumerate();
    let import =
        files.fold(Import::new(), |import, (index, file)| import.file(format!("{index}.tfstate"), file));
    several::read(&import);
});
