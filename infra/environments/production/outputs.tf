output "descriptor" {
  description = "What publish.py needs to know: hand it over in ZICHKODING_DESCRIPTOR."
  value       = module.site.descriptor
}
