"""What is to be barred, as data?

Takes the text of a guardrail file and values for its parameters; gives the policy it comes to, the requests it must
and must not deny, and the policy as JSON, Terraform and CloudFormation. It decides no request and asks nobody.
Specification: `docs/guardrail-files.md`.
"""
