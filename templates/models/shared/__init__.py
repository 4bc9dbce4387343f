"""What several templates are made of: inputs, the deployment core, panels, risk, checks, the pages they have alike."""
