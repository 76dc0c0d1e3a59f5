# The gateway: the addresses of openapi.yaml and no others, for the CDN and nobody else.
#
# Nobody gets past it without a key that only the CDN has: it refuses them itself, so that no function runs for them and
# nothing is paid. A second check in the API would be a second place to change a secret in.

locals {
  paths = keys(yamldecode(file("${path.module}/../../../api/openapi.yaml")).paths)

  # What the gateway says by itself, in the API's one shape. It has no way to know whether a page was wished for.
  own_words = {
    # An address that is not in the list: to whoever mistyped it, it is not there.
    MISSING_AUTHENTICATION_TOKEN = { status = 404, code = "not_found", message = "There is nothing at this address." }
    RESOURCE_NOT_FOUND           = { status = 404, code = "not_found", message = "There is nothing at this address." }
    # Whoever comes past the CDN. It says nothing of a key.
    INVALID_API_KEY     = { status = 403, code = "forbidden", message = "Please use the site's own address." }
    ACCESS_DENIED       = { status = 403, code = "forbidden", message = "Please use the site's own address." }
    REQUEST_TOO_LARGE   = { status = 413, code = "too_large", message = "The body is larger than any message may be." }
    THROTTLED           = { status = 429, code = "too_many", message = "Too much is asked just now. Please try again in a minute." }
    INTEGRATION_TIMEOUT = { status = 504, code = "unavailable", message = "This cannot be done just now. Please try again in a minute." }
    # Lambda would not start another one, or one died.
    INTEGRATION_FAILURE = { status = 503, code = "unavailable", message = "This cannot be done just now. Please try again in a minute." }
    DEFAULT_5XX         = { status = 503, code = "unavailable", message = "This cannot be done just now. Please try again in a minute." }
  }

  document = jsonencode({
    openapi = "3.0.1"
    info    = { title = local.name, version = "1" }
    paths = {
      for path in local.paths : path => {
        # Every method: what an address does not take, the API refuses in its own words.
        "x-amazon-apigateway-any-method" = {
          security  = [{ cdn = [] }]
          responses = { default = { description = "What the function answers." } }
          "x-amazon-apigateway-integration" = {
            type                = "aws_proxy"
            httpMethod          = "POST"
            passthroughBehavior = "when_no_match"
            # The alias, not the function: otherwise a shift would shift nothing.
            uri = aws_lambda_alias.live["app"].invoke_arn
          }
        }
      }
    }
    components = { securitySchemes = { cdn = { type = "apiKey", name = "x-api-key", in = "header" } } }
    "x-amazon-apigateway-gateway-responses" = {
      for kind, words in local.own_words : kind => {
        statusCode = words.status
        responseParameters = {
          "gatewayresponse.header.Cache-Control" = "'no-store'"
          "gatewayresponse.header.X-Request-Id"  = "context.requestId"
        }
        responseTemplates = {
          "application/json" = jsonencode({ error = { code = words.code, message = words.message, fields = {} } })
        }
      }
    }
  })
}

resource "aws_api_gateway_rest_api" "this" {
  name           = local.name
  description    = "The addresses of api/openapi.yaml."
  body           = local.document
  api_key_source = "HEADER"

  endpoint_configuration {
    types = ["REGIONAL"]
  }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_api_gateway_deployment" "this" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  triggers    = { document = sha256(local.document) }

  lifecycle {
    create_before_destroy = true
  }
}

resource "aws_cloudwatch_log_group" "gateway" {
  name              = "/zichkoding/${var.environment}/gateway"
  retention_in_days = var.log_days
}

resource "aws_api_gateway_stage" "this" {
  rest_api_id          = aws_api_gateway_rest_api.this.id
  deployment_id        = aws_api_gateway_deployment.this.id
  stage_name           = local.stage.api_gateway_stage
  xray_tracing_enabled = try(local.stage.xray, false)

  # What is refused before any function runs is seen here alone. No address of a visitor, no query.
  access_log_settings {
    destination_arn = aws_cloudwatch_log_group.gateway.arn
    format = jsonencode({
      event        = "gateway"
      request_id   = "$context.requestId"
      method       = "$context.httpMethod"
      route        = "$context.resourcePath"
      status       = "$context.status"
      milliseconds = "$context.responseLatency"
      refused      = "$context.error.responseType"
    })
  }
}

resource "aws_api_gateway_method_settings" "every" {
  rest_api_id = aws_api_gateway_rest_api.this.id
  stage_name  = aws_api_gateway_stage.this.stage_name
  method_path = "*/*"

  settings {
    throttling_rate_limit  = var.throttle.rate
    throttling_burst_limit = var.throttle.burst
    # Never: it would write whole messages into the log.
    data_trace_enabled = false
    # Its figures for the whole stage are free; those for each method are paid one by one.
    metrics_enabled = false
    logging_level   = "OFF"
  }
}

resource "aws_lambda_permission" "gateway" {
  statement_id  = "gateway"
  action        = "lambda:InvokeFunction"
  function_name = aws_lambda_function.this["app"].function_name
  qualifier     = aws_lambda_alias.live["app"].name
  principal     = "apigateway.amazonaws.com"
  source_arn    = "${aws_api_gateway_rest_api.this.execution_arn}/${local.stage.api_gateway_stage}/*/*"
}

# Its value is AWS's to make, and no setting of anybody's.
resource "aws_api_gateway_api_key" "cdn" {
  for_each = var.origin_keys.accepted

  name        = "${local.name}-cdn-${each.key}"
  description = "The CDN shows it with every request."
}

resource "aws_api_gateway_usage_plan" "cdn" {
  name        = "${local.name}-cdn"
  description = "Lets the CDN's keys in, as far as the stage's own limits go."

  api_stages {
    api_id = aws_api_gateway_rest_api.this.id
    stage  = aws_api_gateway_stage.this.stage_name
  }
}

resource "aws_api_gateway_usage_plan_key" "cdn" {
  for_each = var.origin_keys.accepted

  key_id        = aws_api_gateway_api_key.cdn[each.key].id
  key_type      = "API_KEY"
  usage_plan_id = aws_api_gateway_usage_plan.cdn.id
}
