"""What each command does. ``addin.cli`` declares them and imports these modules only when one is called."""
