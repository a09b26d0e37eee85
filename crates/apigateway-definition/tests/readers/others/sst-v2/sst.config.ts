import { Api } from "sst/constructs";
