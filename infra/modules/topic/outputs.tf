output "arn" {
  description = "Where to speak to."
  value       = aws_sns_topic.this.arn
  # SES tries the topic when it is told of it.
  depends_on = [aws_sns_topic_policy.this]
}
