"""What each command does. ``tokenbook.addin.cli`` declares them and imports these modules only when one is called."""
