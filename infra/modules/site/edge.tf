# The edge functions and the store that says which release is live.

resource "aws_cloudfront_key_value_store" "this" {
  name    = "zichkoding-${var.environment}"
  comment = "Which release is live, and its redirects. Written by publish.py only."
}

resource "aws_cloudfront_function" "router" {
  name                         = "zichkoding-${var.environment}-router"
  comment                      = "Rewrites a path to where it lies in the live release, before the cache is looked up."
  runtime                      = "cloudfront-js-2.0"
  publish                      = true
  code                         = file("${path.module}/../../edge/router.js")
  key_value_store_associations = [aws_cloudfront_key_value_store.this.arn]
}

resource "aws_cloudfront_function" "status" {
  name    = "zichkoding-${var.environment}-status"
  comment = "Gives the page for what is gone, and the one for a closed site, the status that says so too."
  runtime = "cloudfront-js-2.0"
  publish = true
  code    = file("${path.module}/../../edge/status.js")
}
