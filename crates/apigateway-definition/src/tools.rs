//! Files of tools that cannot be read, but whose tool can write a file that can. The help names the command.

use crate::{
    code::Code,
    problem::Problem,
    tree::{Map, Node},
};

/// A tool whose own files cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tool {
    Terraform,
    TerraformPlan,
    CdkForTerraform,
    Terragrunt,
    Pulumi,
    Sst,
    SstOnCdk,
    Amplify,
    Cdk,
    Zappa,
    Chalice,
    Sam,
    Serverless,
    ServerlessCompose,
    Architect,
    Code,
}

impl Tool {
    /// The tool of a file, by its name or its content.
    ///
    /// A name that other tools use too counts only if the content fits.
    pub(crate) fn of_file(path: &str, bytes: &[u8]) -> Option<Self> {
        let name = path.rsplit('/').next().unwrap_or(path);
        let folder = path.rsplit('/').nth(1).unwrap_or_default();
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        let is_code = matches!(extension, "js" | "cjs" | "mjs" | "ts" | "cts" | "mts" | "py");
        match (name, extension) {
            _ if bytes.starts_with(b"PK\x03\x04") => Some(Self::TerraformPlan),
            (_, "tf" | "tofu" | "tfvars") => Some(Self::Terraform),
            ("terragrunt.hcl", _) => Some(Self::Terragrunt),
            ("cdk.tf.json", _) => Some(Self::CdkForTerraform),
            _ if name.ends_with(".tf.json") || name.ends_with(".tofu.json") => Some(Self::Terraform),
            (_, "yaml" | "yml") if stem == "Pulumi" || stem.starts_with("Pulumi.") => Some(Self::Pulumi),
            ("cdk.json" | "cdk.context.json", _) => Some(Self::Cdk),
            ("samconfig.toml", _) => Some(Self::Sam),
            (
                "zappa_settings.json" | "zappa_settings.toml" | "zappa_settings.yaml" | "zappa_settings.yml",
                _,
            ) => Some(Self::Zappa),
            ("config.json", _) if folder == ".chalice" => Some(Self::Chalice),
            ("app.arc", _) => Some(Self::Architect),
            ("sst.json", _) => Some(Self::SstOnCdk),
            _ if is_code => Some(Self::of_code(stem, folder, text)),
            _ if is_hcl(text) => Some(Self::Terraform),
            _ => None,
        }
    }

    /// The tool of a program, by its name or by the library that it uses.
    fn of_code(stem: &str, folder: &str, text: &str) -> Self {
        let uses = |library: &str| text.contains(library);
        match stem {
            "sst.config" if uses("sst/constructs") || uses("@serverless-stack/") => Self::SstOnCdk,
            "sst.config" => Self::Sst,
            "serverless" => Self::Serverless,
            "backend" if folder == "amplify" => Self::Amplify,
            _ if uses("@aws-amplify/backend") => Self::Amplify,
            _ if uses("sst/constructs") || uses("@serverless-stack/") => Self::SstOnCdk,
            _ if uses("cdktf") => Self::CdkForTerraform,
            _ if uses("aws-cdk-lib") || uses("@aws-cdk/") || uses("aws_cdk") => Self::Cdk,
            _ if uses("@pulumi/") || uses("import pulumi") => Self::Pulumi,
            _ if uses("from chalice") || uses("import chalice") => Self::Chalice,
            _ => Self::Code,
        }
    }

    /// The tool of a document, by its keys.
    pub(crate) fn of_document(root: &Node) -> Option<Self> {
        let map = root.map()?;
        let has = |key: &str| map.find(key).is_some();
        Some(match () {
            // The configuration, as CDK for Terraform and others write it.
            () if has("resource") && (has("provider") || has("terraform")) => {
                let comment = map.find("//").is_some();
                if comment { Self::CdkForTerraform } else { Self::Terraform }
            }
            () if has("runtime") && has("name") && !has("Resources") => Self::Pulumi,
            () if has("app") && has("context") && !has("Resources") => Self::Cdk,
            () if has("app_name") && has("stages") => Self::Chalice,
            () if has("config") && map.map_at("config").is_some_and(has_namespaces) => Self::Pulumi,
            () if has("services") && !has("service") && !has("provider") && has_paths(map) => {
                Self::ServerlessCompose
            }
            () if is_zappa(map) => Self::Zappa,
            () => return None,
        })
    }

    /// The problem of giving a file of the tool.
    pub(crate) fn problem(self, name: &str) -> Problem {
        let code = if matches!(self, Self::Serverless | Self::Code) { Code::SLS_001 } else { Code::TOOL_001 };
        let [what, command] = self.texts();
        Problem::error(code, format!("`{name}` {what}")).help(command)
    }

    /// What its file is, and the command of the tool with what to read then.
    fn texts(self) -> [&'static str; 2] {
        match self {
            Self::Terraform => [
                "is configuration of Terraform or OpenTofu, which only the tool can evaluate",
                "run `terraform show -json > api.json` where the state is, and read `api.json`; OpenTofu has `tofu show -json`",
            ],
            Self::TerraformPlan => [
                "is a binary file, such as a saved plan of Terraform",
                "run `terraform show -json PLAN > api.json`, and read `api.json`",
            ],
            Self::CdkForTerraform => [
                "is configuration for Terraform, which only the tool can evaluate",
                "run `terraform show -json > api.json` in the folder of the stack below `cdktf.out/stacks`, and read `api.json`",
            ],
            Self::Terragrunt => [
                "is configuration of Terragrunt, which only the tool can evaluate",
                "run `terragrunt show -json > api.json`, and read `api.json`",
            ],
            Self::Pulumi => [
                "belongs to a Pulumi project: its routes are defined in code, which is not run here",
                "run `pulumi stack export > stack.json`, and read `stack.json`",
            ],
            Self::Sst => [
                "configures an SST app in code, which is not run here",
                "run `npx sst state export --stage STAGE > stack.json`, and read `stack.json`",
            ],
            Self::SstOnCdk => [
                "configures an SST app in code, which is not run here",
                "run `npx sst build`, and read `.sst/dist`",
            ],
            Self::Amplify => [
                "defines an Amplify backend in code, which is not run here",
                "run `npx ampx sandbox --once`, and read `.amplify/artifacts/cdk.out`",
            ],
            Self::Cdk => [
                "belongs to a CDK app: its routes are defined in code, which is not run here",
                "run `npx cdk synth`, and read the folder `cdk.out`",
            ],
            Self::Zappa => [
                "has the settings of Zappa, and no routes",
                "run `zappa template STAGE --lambda-arn ARN --role-arn ARN --output template.json`, and read `template.json`",
            ],
            Self::Chalice => [
                "belongs to a Chalice app: its routes are defined in code, which is not run here",
                "run `chalice package out`, and read `out/sam.json`",
            ],
            Self::Sam => [
                "has the settings of the SAM CLI, and no routes",
                "run `sam build`, and read `.aws-sam/build/template.yaml`",
            ],
            Self::Serverless => [
                "is code, which is not run here",
                "run `serverless package`, and read `.serverless/cloudformation-template-update-stack.json`",
            ],
            Self::ServerlessCompose => [
                "names services of the Serverless Framework, and has no routes",
                "read the `serverless.yml` of each service",
            ],
            Self::Architect => [
                "is the manifest of an Architect app, which only the tool can evaluate",
                "run `npx arc deploy --dry-run`, and read `sam.json`",
            ],
            Self::Code => [
                "is code, which is not run here",
                "run `serverless package` and read `.serverless/cloudformation-template-update-stack.json`, or `cdk synth` and \
                 read `cdk.out`",
            ],
        }
    }
}

/// Whether the text is HCL: a block with labels at the start of a line.
fn is_hcl(text: &str) -> bool {
    let is_block = |line: &str| {
        let labels =
            ["resource \"", "module \"", "data \"", "provider \"", "variable \"", "terraform {", "locals {"];
        labels.iter().any(|label| line.starts_with(label)) && line.trim_end().ends_with('{')
    };
    text.lines().take(2000).any(is_block)
}

/// The keys of Pulumi's configuration have the name of the project before them.
fn has_namespaces(map: &Map) -> bool {
    map.keys().next().is_some() && map.keys().all(|key| key.text.contains(':'))
}

fn has_paths(map: &Map) -> bool {
    let services = map.map_at("services");
    services
        .is_some_and(|services| services.unread().iter().any(|service| service.value.find("path").is_some()))
}

/// Each stage of Zappa's settings has one of these.
fn is_zappa(map: &Map) -> bool {
    let is_stage = |node: &Node| {
        ["app_function", "django_settings", "zappa_version"].iter().any(|key| node.find(key).is_some())
    };
    map.keys().next().is_some()
        && map.unread().iter().all(|stage| is_stage(&stage.value) || stage.value.find("extends").is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_recognised_by_name_or_content() {
        for (path, text, tool) in [
            ("infra/api_gateway.tf", "", Tool::Terraform),
            ("x", "# comment\nresource \"aws_api_gateway_rest_api\" \"x\" {\n}\n", Tool::Terraform),
            ("main.tf.json", "{}", Tool::Terraform),
            ("cdk.tf.json", "{}", Tool::CdkForTerraform),
            ("tfplan", "PK\u{3}\u{4}", Tool::TerraformPlan),
            ("Pulumi.yaml", "name: x", Tool::Pulumi),
            ("Pulumi.dev.yaml", "config: {}", Tool::Pulumi),
            ("index.ts", "import * as aws from \"@pulumi/aws\";", Tool::Pulumi),
            ("sst.config.ts", "export default $config({})", Tool::Sst),
            ("sst.config.ts", "import { Api } from \"sst/constructs\";", Tool::SstOnCdk),
            ("amplify/backend.ts", "", Tool::Amplify),
            ("bin/app.ts", "import * as cdk from 'aws-cdk-lib';", Tool::Cdk),
            ("cdk.json", "{}", Tool::Cdk),
            ("zappa_settings.json", "{}", Tool::Zappa),
            (".chalice/config.json", "{}", Tool::Chalice),
            ("samconfig.toml", "", Tool::Sam),
            ("serverless.ts", "", Tool::Serverless),
            ("other.js", "", Tool::Code),
        ] {
            assert_eq!(Tool::of_file(path, text.as_bytes()), Some(tool), "{path}");
        }
        for (path, text) in [("template.yaml", "Resources: {}"), ("config.json", "{}"), ("backend.yml", "")] {
            assert_eq!(Tool::of_file(path, text.as_bytes()), None, "{path}");
        }
    }

    #[test]
    fn no_tool_is_answered_with_the_command_of_another() {
        let commands = [
            (Tool::Terraform, "terraform"),
            (Tool::Pulumi, "pulumi"),
            (Tool::Sst, "sst"),
            (Tool::Amplify, "ampx"),
            (Tool::Cdk, "cdk"),
            (Tool::Zappa, "zappa"),
            (Tool::Chalice, "chalice"),
            (Tool::Serverless, "serverless"),
        ];
        for (tool, own) in commands {
            for (_, other) in commands.iter().filter(|(_, other)| *other != own) {
                let [_, command] = tool.texts();
                assert!(command.contains(own), "{command}");
                assert!(!command.contains(&format!("`{other} ")), "{command} has {other}");
                assert!(!command.contains(&format!("`npx {other} ")), "{command} has {other}");
            }
        }
    }
}
