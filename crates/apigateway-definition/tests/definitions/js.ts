{"TemplateBody": {"Resources": {"Api": {"Type": "AWS::ApiGatewayV2::Api", "Properties": {"ProtocolType": "HTTP"}},
  "Get": {"Type": "AWS::ApiGatewayV2::Route", "Properties": {"ApiId": {"Ref": "Api"}, "RouteKey": "GET /a", "AuthorizationType": "NONE"}}}},
 "StagesAvailable": ["Original", "Processed"]}
