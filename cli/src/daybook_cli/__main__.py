from daybook_cli.app import main

main()
