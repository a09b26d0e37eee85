"""SAM's own compiler: `sam_translate.py TEMPLATE` prints the CloudFormation that AWS makes of it. Nothing is asked of AWS."""

import json
import sys

from samtranslator.public.translator import ManagedPolicyLoader
from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse


class NoPolicies(ManagedPolicyLoader):
    """The names of managed policies are looked up at AWS; the templates here have none."""

    def __init__(self):
        pass

    def load(self):
        return {}


with open(sys.argv[1], encoding="utf-8") as template:
    print(json.dumps(transform(yaml_parse(template), {}, NoPolicies()), indent=2))
