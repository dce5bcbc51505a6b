"""What has to stand in AWS for the watcher: printed, never made by us (docs/trail-watch.md).

Takes what events are wanted and for how long a message may be worked on; gives a CloudFormation template or a Terraform
configuration, both as JSON, both meaning the same: a queue with its dead letters in the home region, event rules in
every region that forward there, a canary in every region, and a policy with what the watcher needs and no more.
"""
